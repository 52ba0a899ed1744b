# SPDX-License-Identifier: Apache-2.0
"""A series as one line of block characters."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 40
"""Characters of a line, as in W&B."""


def sparkline(values: Sequence[float], width: int = WIDTH) -> str:
    """One character a value, or the mean of several where there are more than `width`.

    The lowest finite value is the lowest block; what is not finite is a space; a constant series
    is the lowest block throughout.
    """
    points = _thinned(values, width)
    finite = [value for value in points if math.isfinite(value)]
    if not finite:
        return " " * len(points)
    low, high = min(finite), max(finite)
    span = high / 2 - low / 2  # halves: the whole may be more than a float64 holds
    scale = (len(BLOCKS) - 1) / span if span else 0.0
    return "".join(
        BLOCKS[round((value / 2 - low / 2) * scale)] if math.isfinite(value) else " "
        for value in points
    )


def _thinned(values: Sequence[float], width: int) -> list[float]:
    if len(values) <= width:
        return [float(value) for value in values]
    edges = [round(place * len(values) / width) for place in range(width + 1)]
    return [
        math.fsum(part) / len(part) if all(map(math.isfinite, part)) else _finite_mean(part)
        for part in (values[a:b] for a, b in itertools.pairwise(edges))
    ]


def _finite_mean(part: Sequence[float]) -> float:
    finite = [value for value in part if math.isfinite(value)]
    return math.fsum(finite) / len(finite) if finite else math.nan

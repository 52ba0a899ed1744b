# SPDX-License-Identifier: Apache-2.0
"""Functions between a network's output and its loss that end somewhere, and how they break there.

Names are of autograd's nodes without `Backward` and its number, or of torch's functions.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from backprobe.records import Loss, Place, Record, Source

UNDEFINED: Mapping[str, str] = {
    "log": "below zero",
    "log2": "below zero",
    "log10": "below zero",
    "log1p": "below -1",
    "sqrt": "below zero",
    "rsqrt": "below zero",
    "acos": "beyond -1 and 1",
    "asin": "beyond -1 and 1",
    "atanh": "beyond -1 and 1",
    "acosh": "below 1",
    "erfinv": "beyond -1 and 1",
    "logit": "beyond 0 and 1",
}
"""Functions and where they have no value: what they give there is NaN."""
STEEP: Mapping[str, str] = {
    "acos": "at -1 and 1",
    "asin": "at -1 and 1",
    "atanh": "at -1 and 1",
    "erfinv": "at -1 and 1",
    "acosh": "at 1",
    "sqrt": "at zero",
    "rsqrt": "at zero",
    "log": "at zero",
    "pow": "at zero, where the power is below one",
    "atan2": "where both its arguments are zero",
}
"""Functions with a finite value or limit where their derivative is infinite."""
_NEGATIVE = frozenset({"log", "log2", "log10", "sqrt", "rsqrt"})


def undefined_in(loss: Loss | None) -> str:
    """The function nearest to the loss that has no value somewhere, "" where none is known."""
    return next((name for name in _chain(loss) if name in UNDEFINED), "")


def steep_in(record: Record, loss: Loss | None) -> tuple[str, Source | None]:
    """The function nearest to the loss whose derivative is infinite somewhere, and its line."""
    found = next((name for name in _chain(loss) if name in STEEP), "")
    if found:
        return found, loss.source if loss else None
    inside = (op for op in reversed(record.graph) if op.name in STEEP and op.name != "pow")
    op = next(inside, None)
    return ("", None) if op is None else (op.name, op.source)


def negative_outputs(record: Record, function: str, step: int) -> tuple[Place, ...]:
    """Outputs that no place consumes and that are finite and below zero where that is undefined."""
    rows = np.flatnonzero(record.outputs.step == step)
    if function not in _NEGATIVE or rows.size == 0:
        return ()
    consumed = {index for place in record.places for index in place.inputs}
    found = []
    for place in record.places:
        least = record.outputs.of("out_min", place.index)[rows[0]]
        broken = record.outputs.of("out_nonfinite", place.index)[rows[0]]
        if place.index not in consumed and least < 0 and not broken > 0:
            found.append(place)
    return tuple(found)


def _chain(loss: Loss | None) -> list[str]:
    nodes = loss.chain if loss else ()
    return [node.partition("Backward")[0].lower() for node in nodes]

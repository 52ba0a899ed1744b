# SPDX-License-Identifier: Apache-2.0
"""Summaries of one tensor's signal over steps that were sampled, not all, measured.

Unit: that of the signal; NaN where it was never measured.
"""

from __future__ import annotations

import numpy as np

from backprobe.records import FloatArray, Series

EARLY = 20
"""Observed steps that count as the beginning of training."""


def early(series: Series, signal: str, index: int, count: int = EARLY) -> float:
    """Median over the first observed steps."""
    return _median(_known(series.of(signal, index))[:count])


def late(series: Series, signal: str, index: int) -> float:
    """Median over the last third of the observed steps."""
    values = _known(series.of(signal, index))
    return _median(values[-max(1, values.size // 3) :])


def overall(series: Series, signal: str, index: int) -> float:
    """Median over all observed steps."""
    return _median(_known(series.of(signal, index)))


def first(series: Series, signal: str, index: int) -> float:
    """The first observed value."""
    values = _known(series.of(signal, index))
    return float(values[0]) if values.size else float("nan")


def observed(series: Series, signal: str, index: int) -> int:
    """How often it was measured."""
    return int(_known(series.of(signal, index)).size)


def lowest_late(series: Series, signal: str, index: int, count: int = 10) -> float:
    """Minimum over the last observed steps: what held at every one of them."""
    values = _known(series.of(signal, index))[-count:]
    return float(values.min()) if values.size else float("nan")


def _known(values: FloatArray) -> FloatArray:
    found: FloatArray = values[~np.isnan(values)]
    return found


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if values.size else float("nan")

# SPDX-License-Identifier: Apache-2.0
"""Fewer rows of a series, with every extreme and every non-finite value kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def extremes(x: NDArray[Any], y: NDArray[Any], points: int) -> NDArray[np.intp]:
    """Rows that draw the same picture as the whole series in `points / 2` pixel columns.

    The range of x is cut in `points / 2` equal buckets. Of each bucket the rows of the least and
    the greatest finite value stay, and the first and last NaN, +Inf and -Inf; so do the first and
    the last row of the series. A series of at most `points` rows stays whole. Where all values are
    finite at most `points + 2` rows come back.

    Arguments:
        x: abscissae [n], ascending.
        y: values [n].
        points: how many rows are wanted, at least 2.

    Returns:
        Row numbers, ascending.
    """
    count = len(y)
    if count <= max(points, 2):
        return np.arange(count)
    buckets = max(points // 2, 1)
    edges = np.linspace(float(x[0]), float(x[-1]), buckets + 1)[1:-1]
    bucket = np.searchsorted(edges, x, side="right")  # [n]
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    dense = np.cumsum(np.diff(bucket, prepend=bucket[0]) != 0)  # buckets without rows skipped
    finite = np.isfinite(y)
    kept = [np.asarray([0, count - 1])]
    for filler, reduce in ((np.inf, np.minimum), (-np.inf, np.maximum)):
        filled = np.where(finite, y, filler)
        best = reduce.reduceat(filled, starts)
        rows = np.flatnonzero(finite & (filled == best[dense]))
        kept.append(rows[_first(dense[rows])])
    if not finite.all():
        for odd in (np.isnan(y), np.isposinf(y), np.isneginf(y)):
            rows = np.flatnonzero(odd)
            kept.append(rows[_first(dense[rows])])
            kept.append(rows[::-1][_first(dense[rows][::-1])])
    return np.unique(np.concatenate(kept))


def _first(groups: NDArray[Any]) -> NDArray[np.intp]:
    """Positions at which each group number occurs for the first time."""
    return np.unique(groups, return_index=True)[1]

# SPDX-License-Identifier: Apache-2.0
"""Fewer rows of a series, with every extreme and every non-finite value kept."""

from __future__ import annotations

from itertools import pairwise
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
    kept: set[int] = {0, count - 1}
    # A slice at a time: argmin and argmax read the values once and make no copy of them, so ten
    # million rows take some 20 ms.
    for first, last in pairwise(_boundaries(x, max(points // 2, 1))):
        if first == last:
            continue
        part = y[first:last]
        least, most = int(part.argmin()), int(part.argmax())
        if np.isfinite(part[least]) and np.isfinite(part[most]):
            kept.add(first + least)
            kept.add(first + most)
        else:
            kept.update(first + row for row in _of_odd(part))
    return np.fromiter(sorted(kept), np.intp, len(kept))


def _boundaries(x: NDArray[Any], buckets: int) -> list[int]:
    """First row of each of so many buckets of equal width in x, and the number of rows."""
    edges = np.linspace(float(x[0]), float(x[-1]), buckets + 1)[1:-1]
    if np.issubdtype(x.dtype, np.integer):  # else x as a whole would be turned into floats
        edges = np.ceil(edges).astype(x.dtype)
    return [0, *np.searchsorted(x, edges).tolist(), len(x)]


def _of_odd(y: NDArray[Any]) -> set[int]:
    """Rows of the extremes among the finite values, and of the first and last that are not."""
    kept: set[int] = set()
    finite = np.flatnonzero(np.isfinite(y))
    if len(finite):
        kept |= {int(finite[y[finite].argmin()]), int(finite[y[finite].argmax()])}
    for odd in (np.isnan(y), np.isposinf(y), np.isneginf(y)):
        rows = np.flatnonzero(odd)
        if len(rows):
            kept |= {int(rows[0]), int(rows[-1])}
    return kept

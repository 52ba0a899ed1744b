# SPDX-License-Identifier: Apache-2.0
"""Fewer rows, the same picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from backprobe.store.downsampling import extremes

VALUES = st.lists(st.floats(width=32), min_size=1, max_size=300)


@given(values=VALUES, points=st.integers(2, 60), gaps=st.integers(0, 2**31))
def test_every_extreme_and_every_kind_of_odd_value_stays(
    values: list[float], points: int, gaps: int
) -> None:
    """Of any pixel column the least and greatest value, and a NaN or infinity where one was."""
    y = np.asarray(values)
    x = np.cumsum(np.random.default_rng(gaps).integers(0, 5, len(y)))
    rows = extremes(x, y, points)
    assert (np.diff(rows) > 0).all()
    assert rows[0] == 0
    assert rows[-1] == len(y) - 1
    if len(y) <= points:
        assert len(rows) == len(y)
        return
    edges = np.linspace(x[0], x[-1], points // 2 + 1)[1:-1]
    column = np.searchsorted(edges, x, side="right")
    for one in np.unique(column):
        whole, kept = y[column == one], y[rows][column[rows] == one]
        finite, finite_kept = whole[np.isfinite(whole)], kept[np.isfinite(kept)]
        assert (finite.min(initial=9.0), finite.max(initial=9.0)) == (
            finite_kept.min(initial=9.0),
            finite_kept.max(initial=9.0),
        )
        for odd in (np.isnan, np.isposinf, np.isneginf):
            assert odd(whole).any() == odd(kept).any()


def test_a_long_series_becomes_short() -> None:
    """A million points become the number that was asked for, give or take the ends."""
    x = np.arange(1_000_000)
    y = np.random.default_rng(0).normal(size=len(x))
    y[123_456] = 50.0
    rows = extremes(x, y, 2000)
    assert len(rows) <= 2002
    assert 123_456 in rows


def test_one_step_many_values() -> None:
    """All rows at one step are one pixel column."""
    y = np.arange(100.0)
    assert extremes(np.zeros(100), y, 10).tolist() == [0, 99]

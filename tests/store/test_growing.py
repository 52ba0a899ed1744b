# SPDX-License-Identifier: Apache-2.0
"""Growing block by block is the same as joining all blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from backprobe.store.growing import GrowingSeries, GrowingTable, join_matrices, join_tables

STEPS = st.lists(st.integers(0, 40), max_size=4)
SIGNALS = st.sets(st.sampled_from(["a", "b"]), max_size=2)
MATRIX = st.tuples(STEPS, st.lists(st.integers(0, 5), unique=True, max_size=4), SIGNALS)
TABLE = st.tuples(
    st.integers(1, 4), st.sets(st.sampled_from(["step", "a", "b"]), min_size=1), st.booleans()
)


@given(st.lists(st.tuples(MATRIX, st.booleans()), max_size=12), st.integers(0, 20))
def test_series_at_any_look(
    plan: list[tuple[tuple[list[int], list[int], set[str]], bool]], shift: int
) -> None:
    """Whatever the order of steps, tensors and signals, and whenever one looks."""
    growing, blocks, looks = GrowingSeries(), [], []
    for place, ((steps, index, signals), look) in enumerate(plan):
        random = np.random.default_rng(place)
        block: dict[str, NDArray[Any]] = {
            "step": np.asarray(steps, np.int64) + place * shift,
            "index": np.asarray(index, np.int64),
        }
        for name in signals:
            block[name] = random.normal(size=(len(steps), len(index))).astype(np.float32)
        growing.add(block)
        blocks.append(block)
        if look:
            looks.append((growing.series(), join_matrices(list(blocks))))
    looks.append((growing.series(), join_matrices(blocks)))
    for found, expected in looks:  # the early ones must not have changed since
        np.testing.assert_array_equal(found.step, expected.step)
        np.testing.assert_array_equal(found.index, expected.index)
        assert found.values.keys() == expected.values.keys()
        for name, values in expected.values.items():
            np.testing.assert_array_equal(found.values[name], values)


@given(st.lists(st.tuples(TABLE, st.booleans()), max_size=12))
def test_tables_at_any_look(plan: list[tuple[tuple[int, set[str], bool], bool]]) -> None:
    """Whatever columns and types the blocks have, and whenever one looks."""
    growing, blocks, looks = GrowingTable(), [], []
    for place, ((rows, names, whole), look) in enumerate(plan):
        kind = np.int64 if whole else np.float64
        block = {name: np.arange(rows, dtype=kind) + place for name in sorted(names)}
        growing.add(block)
        blocks.append(block)
        if look:
            looks.append((growing.table(), join_tables(list(blocks))))
    looks.append((growing.table(), join_tables(blocks)))
    for found, expected in looks:
        assert set(found) == set(expected)
        for name in expected:
            np.testing.assert_array_equal(found[name], expected[name])
            assert len(found[name]) == len(expected)


def test_many_blocks_are_not_joined_again() -> None:
    """A look after each of many blocks shares the memory of the one before."""
    growing = GrowingSeries()
    index = np.arange(3)
    views = []
    for step in range(300):
        values = np.full((1, 3), step, np.float32)
        growing.add({"step": np.asarray([step]), "index": index, "a": values})
        views.append(growing.series())
    assert np.shares_memory(views[-1].values["a"], views[-2].values["a"])
    assert views[9].values["a"][:, 0].tolist() == list(range(10))

# SPDX-License-Identifier: Apache-2.0
"""Which reshapes can be no merge or split of neighbours."""

from __future__ import annotations

import pytest

from backprobe.records import Operation, Record, Run
from backprobe.rules.model.scrambled import scrambles

Shape = tuple[int, ...]


def found(before: Shape, after: Shape, *earlier: Operation) -> bool:
    """What is said of a reshape after these operations."""
    op = Operation(
        len(earlier), "reshape", input_shapes=(before,), shape=after, module=0, inputs=(-1,)
    )
    return scrambles(Record(run=Run("r"), graph=(*earlier, op)), op)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((48, 4, 14, 16), (48, 14, 64)),  # heads before positions
        ((32, 12, 7, 7), (32, 49, 12)),  # channels that were to come last
    ],
)
def test_axes_that_cannot_be_neighbours(before: Shape, after: Shape) -> None:
    """No split of the axes makes both shapes merges of neighbours."""
    assert found(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((48, 14, 4, 16), (48, 14, 64)),  # heads joined
        ((48, 14, 64), (48, 14, 4, 16)),  # heads split
        ((48, 14, 14, 16), (48, 14, 224)),  # as many heads as positions: nobody knows
        ((48, 8, 4, 16), (48, 4, 128)),  # pairs of the first axis
        ((48, 4, 16, 16), (48, 16, 64)),  # four of a row each
        ((48, 16, 8, 8), (48, 64, 16)),  # the second half of a row is an axis of its own
        ((48, 1, 28, 28), (48, 28, 28)),  # rows of a picture
        ((48, 16, 8, 8), (48, 16, 64)),  # positions laid flat
    ],
)
def test_merges_and_splits_of_neighbours(before: Shape, after: Shape) -> None:
    """By their sizes they may be meant."""
    assert not found(before, after)


def test_heads_that_were_split_from_the_very_shape() -> None:
    """Where the module split its heads, joining them over the positions undoes nothing."""
    split = Operation(
        0, "view", input_shapes=((48, 16, 64),), shape=(48, 16, 4, 16), module=0, inputs=(-1,)
    )
    assert found((48, 4, 16, 16), (48, 16, 64), split)

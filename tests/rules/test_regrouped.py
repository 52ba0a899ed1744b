# SPDX-License-Identifier: Apache-2.0
"""Which reshapes of sequences that come time first hold parts of a few samples in an axis."""

from __future__ import annotations

import pytest

from backprobe.records import Operation
from backprobe.rules.model.regrouped import crosses

Shape = tuple[int, ...]
ROWS = 96


def found(before: Shape, after: Shape) -> bool:
    """What is said of a reshape in a run of 96 rows a batch."""
    op = Operation(0, "view", input_shapes=(before,), shape=after, inputs=(-1,))
    return crosses(op, ROWS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((8, 96, 48), (384, 8, 12)),  # heads as rows
        ((100, 96, 48), (384, 100, 12)),  # the same of long sequences
        ((2, 96, 32), (1, 96, 64)),  # both directions of a recurrent layer's last state
    ],
)
def test_parts_of_a_few_samples(before: Shape, after: Shape) -> None:
    """A stretch of memory that begins amid a sample and ends amid the samples."""
    assert found(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((8, 96, 48), (768, 48)),  # rows of all steps
        ((8, 96, 48), (8, 384, 12)),  # heads beside their samples
        ((8, 96, 48), (8, 96, 4, 12)),
        ((8, 96, 48), (3072, 12)),
        ((8, 96, 48), (36864,)),
        ((8, 96, 48), (8, 4608)),
        ((8, 96, 48), (8, 2, 48, 48)),  # the samples in two groups
        ((8, 96, 48), (8, 48, 96)),  # pairs, or every two frames
        ((8, 96, 3, 16), (8, 48, 6, 16)),
        ((8, 96, 48), (2, 4, 96, 48)),  # steps in windows
        ((96, 8, 48), (384, 8, 12)),  # the batch first: within a sample
        ((8, 384, 12), (8, 96, 48)),
        ((768, 48), (8, 4, 96, 12)),
    ],
)
def test_samples_kept_whole(before: Shape, after: Shape) -> None:
    """Whole samples, or parts of each of all."""
    assert not found(before, after)

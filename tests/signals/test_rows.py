# SPDX-License-Identifier: Apache-2.0
"""What the hashes of rows tell, on hand-made rows."""

from __future__ import annotations

import numpy as np
import pytest

from backprobe.records import Record, Run, Table
from backprobe.signals.rows import overlap, repeats


def record(rows: list[tuple[int, int, int, int]]) -> Record:
    """A record of rows (step, evaluation, input, target)."""
    step, evaluation, inputs, targets = (np.array(column) for column in zip(*rows, strict=True))
    columns = {
        "step": step,
        "evaluation": evaluation,
        "input": inputs.astype(np.uint64),
        "target": targets.astype(np.uint64),
    }
    return Record(run=Run("r"), hashes=Table(columns))


def test_overlap_is_the_share_of_evaluation_rows_that_were_trained_on() -> None:
    """Two of four; the phase has no repeats of its own."""
    train = [(k // 4, 0, 10 + k, 1) for k in range(8)]
    evaluated = [(9, 1, row, 1) for row in (10, 99, 17, 98)]
    found = overlap(record(train + evaluated))
    assert found is not None
    assert (found.rows, found.trained, found.phases) == (4, 8, 1)
    assert found.share == pytest.approx(0.5)
    assert found.within == 0.0
    assert found.scattered == pytest.approx(2.0)  # seen and unseen alternate


def test_one_whole_set_after_another_is_not_scattered() -> None:
    """Training rows first, held-out rows after them: one change in a phase."""
    train = [(k // 10, 0, 10 + k, 1) for k in range(40)]
    evaluated = [(9, 1, 10 + k, 1) for k in range(80)]
    found = overlap(record(train + evaluated))
    assert found is not None
    assert found.scattered < 0.1


def test_a_teacher_beside_the_training_is_no_evaluation() -> None:
    """The rows of the step itself, without gradients."""
    rows = [(k, e, 10 + 4 * k + j, 1) for k in range(3) for e in (1, 0) for j in range(4)]
    assert overlap(record(rows)) is None


def test_returned_inputs_with_another_target_are_counted() -> None:
    """Of two inputs that came back one has changed its target; unknown targets don't count."""
    rows = [(0, 0, 5, 1), (0, 0, 6, 1), (1, 0, 5, 2), (1, 0, 6, 1), (2, 0, 5, 0), (2, 0, 7, 3)]
    found = repeats(record(rows))
    assert found is not None
    assert (found.rows, found.distinct, found.returned) == (5, 3, 4)
    assert found.changed == pytest.approx(0.5)
    assert found.within == 0.0


def test_nothing_hashed_tells_nothing() -> None:
    """No rows, no answer."""
    empty = Record(run=Run("r"))
    assert overlap(empty) is None
    assert repeats(empty) is None

# SPDX-License-Identifier: Apache-2.0
"""What a trial is judged by."""

from __future__ import annotations

import numpy as np
import pytest

from backprobe.records import Record, Run, Table
from backprobe.trials.nouns import Arm, Outcome, Trial
from backprobe.trials.outcome import choose, comparable, read


def record(**parts: object) -> Record:
    """A record of nothing but these parts."""
    return Record(run=Run("r1"), **parts)  # type: ignore[arg-type]


def first(printed: str, **parts: object) -> tuple[str, str, bool | None, float] | None:
    """Source, name, direction and value of the outcome that is chosen."""
    values = read(record(**parts), printed)
    chosen = choose([Trial(Arm(), 0, Run("t"), values)])
    if chosen is None:
        return None
    return chosen.source, chosen.name, chosen.higher, values[chosen]


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("epoch 1 loss 0.4\nFINAL accuracy=0.93\n", ("printed", "accuracy", True, 0.93)),
        ("epoch 8: loss 0.1, test accuracy 93.1%", ("printed", "test accuracy", True, 0.931)),
        ("loss=0.2\nFINAL r2=-3.5e+1", ("printed", "r2", True, -35.0)),
        ("val_loss: 0.31 | val_acc: 0.9", ("printed", "val acc", True, 0.9)),
        ("train loss 0.2 val loss 0.4", ("printed", "val loss", False, 0.4)),
        ("FINAL mse=nan", ("printed", "mse", False, float("nan"))),
        ("step 3 Test R^2 = 0.75", ("printed", "test r2", True, 0.75)),
        ("epoch 9 loss 0.02\nFINAL nll=1.25", ("printed", "nll", False, 1.25)),
        ("zorp=4\nzorp=5", ("printed", "zorp", None, 5.0)),
    ],
)
def test_what_is_printed_last_counts(
    printed: str, expected: tuple[str, str, bool | None, float]
) -> None:
    """Name, direction and value of common ways to print a metric."""
    found = first(printed)
    assert found is not None
    assert found[:3] == expected[:3]
    assert found[3] == pytest.approx(expected[3], nan_ok=True)


@pytest.mark.parametrize(
    "printed",
    [
        "epoch 9 loss 0.02",
        "train accuracy=0.99",
        "loss: 0.1\ntraining loss 0.01",
        "nll 0.4",
        "final loss 0.01",
        "final train nll 0.3",
        "",
    ],
)
def test_training_alone_is_no_outcome(printed: str) -> None:
    """A loss that falls on training data tells nothing of what was learnt."""
    assert first(printed) is None


def test_what_is_logged_in_evaluation_comes_first() -> None:
    """Before what is printed; a logged training metric does not count."""
    steps = np.array([0, 1], np.int64)
    history = {
        "train/accuracy": (steps, np.array([0.5, 1.0])),
        "val/accuracy": (steps, np.array([0.5, 0.7])),
    }
    assert first("FINAL accuracy=0.9", history=history) == ("logged", "val/accuracy", True, 0.7)


def test_the_probes_own_evaluation_comes_third() -> None:
    """Accuracy before loss."""
    table = Table({"loss": np.array([0.9, 0.5]), "accuracy": np.array([0.2, 0.8])})
    assert first("epoch 3 loss 0.1", evaluations=table) == ("evaluation", "accuracy", True, 0.8)


def test_a_changed_loss_is_not_compared_with_itself() -> None:
    """Under another loss function the loss is another quantity; accuracy stays."""
    loss = Outcome("evaluation", "loss", False, loss=True)
    accuracy = Outcome("evaluation", "accuracy", True)
    assert not comparable(loss, ("swap-loss=cross-entropy",))
    assert comparable(accuracy, ("swap-loss=cross-entropy",))
    assert comparable(loss, ("scale-lr=0.1",))
    trial = Trial(Arm(), 0, Run("t"), {loss: 1.0, accuracy: 0.5})
    assert choose([trial], ("swap-loss=cross-entropy",)) == accuracy


def test_only_what_all_controls_have_is_chosen() -> None:
    """A metric of one seed compares nothing."""
    one = Outcome("printed", "accuracy", True)
    other = Outcome("printed", "test r2", True)
    trials = [
        Trial(Arm(), 0, Run("a"), {one: 1.0, other: 1.0}),
        Trial(Arm(), 1, Run("b"), {other: 1.0}),
    ]
    assert choose(trials) == other

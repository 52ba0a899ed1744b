# SPDX-License-Identifier: Apache-2.0
"""Training against held-out skill on one scale, from what was evaluated or only printed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from backprobe.records import Loss, Record, Run, Table
from backprobe.signals.generalisation import generalisation, held_out_losses
from backprobe.signals.losses import main_loss

STEPS = np.arange(100.0)


def _record(kind: str, target: dict[str, object], last: float, **parts: object) -> Record:
    curve = np.linspace(2.0, last, 100)
    return Record(
        run=Run(id="r"),
        losses=(Loss(index=0, kind=kind, classes=4, target=target),),
        steps=Table(
            {
                "step": STEPS,
                "loss": curve,
                "loss_index": np.zeros(100),
                "backwards": np.ones(100),
                "optimizer": np.zeros(100),
            }
        ),
        **parts,  # type: ignore[arg-type]
    )


def test_accuracies_against_the_commonest_class() -> None:
    """A quarter is what always answering gives: (0.7 - 0.25) / 0.75 is the held-out skill."""
    record = _record(
        "cross_entropy",
        {"classes": [25, 25, 25, 25]},
        0.01,
        batches=Table({"step": STEPS, "accuracy": np.full(100, 1.0), "evaluation": np.zeros(100)}),
        evaluations=Table({"step": np.array([50.0, 99.0]), "accuracy": np.array([0.6, 0.7])}),
    )
    found = generalisation(record)
    assert found.train == pytest.approx(1.0)
    assert found.held == pytest.approx(0.6)
    assert found.span == pytest.approx(0.75)
    assert (found.unit, found.source, found.evaluations) == ("accuracy", "evaluated", 2)


def test_a_handful_of_answers_is_no_training_accuracy() -> None:
    """Where each loss is of a single row, three looks are three answers."""
    looks = Table(
        {"step": np.array([1.0, 98.0, 99.0]), "accuracy": np.ones(3), "evaluation": np.zeros(3)}
    )
    record = _record("cross_entropy", {"classes": [25, 25, 25, 25]}, 0.01, batches=looks)
    loss = record.losses[0]
    for shape, known in (((1,), False), ((32,), True)):
        seen = replace(record, losses=(replace(loss, target_shape=shape),))
        assert math.isfinite(generalisation(seen).train) == known


def test_printed_numbers_stand_in_and_final_counts_as_held_out() -> None:
    """Where nothing was evaluated, what the script printed last is taken."""
    record = _record(
        "cross_entropy", {"classes": [50, 50]}, 0.01, console=((99, "FINAL accuracy=0.75\n"),)
    )
    found = generalisation(record)
    assert found.held == pytest.approx(0.5)
    assert found.source == "printed"
    assert math.isnan(found.train)  # no batch was looked at near the end


def test_squared_errors_as_shares_of_the_variance() -> None:
    """A printed validation loss of half the targets' variance is an R² of one half."""
    record = _record(
        "mse", {"mean": 0.0, "std": 2.0}, 0.04, console=((99, "epoch 9 val loss 2.0\n"),)
    )
    assert held_out_losses(record).tolist() == [2.0]
    found = generalisation(record)
    assert found.held == pytest.approx(0.5)
    assert found.train > 0.9


def test_the_last_of_losses_that_follow_each_other_is_the_main_one() -> None:
    """Pre-training by one loss, then training by another: no run of several losses."""
    record = _record("mse", {"mean": 0.0, "std": 1.0}, 0.1)
    columns = dict(record.steps.columns)
    columns["loss_index"] = (STEPS >= 60).astype(float)
    second = Loss(index=1, kind="cross_entropy", classes=4)
    phased = Record(run=record.run, losses=(*record.losses, second), steps=Table(columns))
    main = main_loss(phased)
    assert (main.loss, main.several, main.step[0]) == (second, False, 60)
    columns["loss_index"] = STEPS % 2
    turns = Record(run=record.run, losses=(*record.losses, second), steps=Table(columns))
    assert main_loss(turns).several

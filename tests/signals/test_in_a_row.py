# SPDX-License-Identifier: Apache-2.0
"""Trainings one after the other: which one a run is about, and from where on."""

from __future__ import annotations

import numpy as np

from backprobe.records import Loss, Module, Parameter, Record, Run, Table
from backprobe.signals.generalisation import held_out_losses
from backprobe.signals.in_a_row import first_over, second_training, stretches, trainings
from backprobe.signals.losses import main_loss


def _record(ends: list[float], shared: bool = False) -> Record:
    """Trainings of 40 steps each, that fall from 2 to their ends; networks share a body or not."""
    count = len(ends)
    modules = [Module(k, "", "Net", root=k) for k in range(count)]
    modules.append(Module(count, "body", "Linear", root=0, parent=0))
    parameters = [Parameter(k, "weight", k, (1,), optimizer=k) for k in range(count)]
    if shared:  # the body goes on under the last optimizer
        parameters.append(Parameter(count, "body.weight", count, (1,), optimizer=count - 1))
    steps = np.arange(40.0 * count)
    return Record(
        run=Run(id="r"),
        modules=tuple(modules),
        parameters=tuple(parameters),
        losses=(Loss(index=0, kind="smooth_l1"),),
        steps=Table(
            {
                "step": steps,
                "loss": np.concatenate([np.linspace(2.0, end, 40) for end in ends]),
                "loss_index": np.zeros(steps.size),
                "backwards": np.ones(steps.size),
                "optimizer": np.repeat(np.arange(float(count)), 40),
            }
        ),
        evaluations=Table({"step": steps[9::10] + 1.0, "loss": steps[9::10] + 1.0}),
    )


def test_the_second_of_two_is_judged_by_its_own() -> None:
    """By its curve and by its evaluations: the one at step 40 ends the first."""
    record = _record([0.1, 1.0], shared=True)
    assert (trainings(record), second_training(record), first_over(record)) == (2, 40, 40)
    assert main_loss(record).step.tolist() == list(range(40, 80))
    assert held_out_losses(record).tolist() == [50.0, 60.0, 70.0, 80.0]


def test_one_network_under_two_optimizers_is_one_training() -> None:
    """A schedule in two phases goes on where it was."""
    record = _record([0.1, 1.0])
    own = tuple(Parameter(k, "weight", 0, (1,), optimizer=k) for k in range(2))
    record = Record(
        run=record.run, modules=record.modules, parameters=own, losses=record.losses,
        steps=record.steps, evaluations=record.evaluations,
    )  # fmt: skip
    assert (second_training(record), first_over(record)) == (0, -1)
    assert len(main_loss(record).step) == 80
    assert held_out_losses(record).size == 8


def test_of_several_the_best_one_is_judged() -> None:
    """A search is about it; where a body goes on from one to the next they are one."""
    assert main_loss(_record([0.9, 0.2, 1.9])).step.tolist() == list(range(40, 80))
    assert [each.start for each in stretches(_record([0.9, 0.2, 1.9]))] == [0, 40, 80]
    assert stretches(_record([0.9, 0.2, 1.9], shared=True)) == ()
    assert stretches(_record([0.9, 0.2])) == ()

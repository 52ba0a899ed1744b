# SPDX-License-Identifier: Apache-2.0
"""Which loss a run of several optimizers is about."""

from __future__ import annotations

import numpy as np
import pytest

from backprobe.records import FloatArray, Loss, Record, Run, Table
from backprobe.signals.losses import main_loss

PHASES = np.repeat([0.0, 1.0], 20)
TURNS = np.tile([0.0, 1.0], 20)


def record(which: FloatArray) -> Record:
    """Forty steps, each of the optimizer and with the loss of that number."""
    steps = {
        "step": np.arange(40.0),
        "loss": np.linspace(4.0, 1.0, 40),
        "loss_index": which,
        "backwards": np.ones(40),
        "optimizer": which,
    }
    losses = (Loss(0, "mse"), Loss(1, "cross_entropy"))
    return Record(run=Run(id="r"), steps=Table(steps), losses=losses)


@pytest.mark.parametrize(("which", "several"), [(PHASES, False), (TURNS, True)])
def test_phases_are_about_the_last_and_turns_about_none(which: FloatArray, several: bool) -> None:
    """Pre-training and fine-tuning have an optimizer each; so have two players of a game."""
    main = main_loss(record(which))
    assert main.several is several
    if not several:
        assert main.loss is not None
        assert (main.loss.index, int(main.step[0])) == (1, 20)

# SPDX-License-Identifier: Apache-2.0
"""Losses without a name are known by the training loss beside them."""

from __future__ import annotations

import numpy as np
import pytest

from backprobe.records import Loss, Record, Run, Table
from backprobe.signals.unnamed import unnamed_losses

LOSS = np.linspace(4.0, 1.0, 40)


def record(lines: list[str]) -> Record:
    """Forty steps, and a line after every ten of them."""
    console = tuple((10 * n + 9, line + "\n") for n, line in enumerate(lines))
    steps = {
        "step": np.arange(40.0),
        "loss": LOSS,
        "loss_index": np.zeros(40),
        "backwards": np.ones(40),
        "optimizer": np.zeros(40),
    }
    return Record(run=Run(id="r"), steps=Table(steps), losses=(Loss(0, "mse"),), console=console)


def test_a_pair_of_losses() -> None:
    """The training numbers are the means of the ten steps before each line."""
    means = [f"{LOSS[n : n + 10].mean():.2f}" for n in range(0, 40, 10)]
    told = [f"epoch {n} train {mean} val {n + 5}.48" for n, mean in enumerate(means)]
    assert unnamed_losses(record(told)).tolist() == [5.48, 6.48, 7.48, 8.48]


@pytest.mark.parametrize("line", ["train 0.31 val 0.28", "train 93 % val 91 %", "val 2.5"])
def test_something_else_is_no_loss(line: str) -> None:
    """Accuracies, shares in percent, a number alone."""
    assert unnamed_losses(record([line] * 4)).size == 0

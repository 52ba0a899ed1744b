# SPDX-License-Identifier: Apache-2.0
"""A grid of treatments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from backprobe.records import Run
from backprobe.store import catalog
from backprobe.trials.nouns import Arm, Outcome, Trial
from backprobe.trials.pool import Pool
from backprobe.trials.study import Study, study

from . import programs

ACCURACY = Outcome("printed", "accuracy", True)


def test_effects_and_interactions_are_those_of_the_table() -> None:
    """a adds 0.1, b adds 0.2, both together 0.05 more; the seeds shift all nearly alike."""
    cells = {("a=0", "b=0"): 0.5, ("a=1", "b=0"): 0.6, ("a=0", "b=1"): 0.7, ("a=1", "b=1"): 0.85}
    found = Study(Run("r"), {"a": ("a=0", "a=1"), "b": ("b=0", "b=1")}, (0, 1), ACCURACY)
    for number, (cell, value) in enumerate(cells.items()):
        apart = 1e-4 * number
        found.cells[cell] = [
            Trial(Arm(cell), 0, Run("t"), {ACCURACY: value - apart * (number - 1)}),
            Trial(Arm(cell), 1, Run("t"), {ACCURACY: value + 0.01 + apart * (number - 1)}),
        ]
    effects = {one.levels: one.effect for one in found.effects()}
    assert effects[("a=1",)] == pytest.approx(0.125)
    assert effects[("b=1",)] == pytest.approx(0.225)
    assert effects[("a=1", "b=1")] == pytest.approx(0.05)
    assert all(one.clear for one in found.effects())


def test_a_real_grid(tmp_path: Path) -> None:
    """Of sigmoids, a batch norm or ReLUs; `dropout=off` of a script without is the script."""
    (tmp_path / "train.py").write_text(programs.SIGMOIDS)
    run = catalog.create(tmp_path / "s", command=(sys.executable, "train.py"), cwd=str(tmp_path))
    factors = {
        "swap-activation": ("swap-activation=sigmoid", "swap-activation=tanh"),
        "dropout": ("dropout=off",),
    }
    with Pool(tmp_path / "s", 2) as pool:
        found = study(run, factors, pool, range(2), None)
    assert found.outcome == ACCURACY
    assert len(found.cells) == 2
    assert found.effects()[0].effect > 0.2

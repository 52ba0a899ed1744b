# SPDX-License-Identifier: Apache-2.0
"""Installs what the environment asks for: treatments, and the conditions of a trial."""

from __future__ import annotations

import atexit
import importlib
from pathlib import Path

from backprobe import settings
from backprobe.treatments import horizon, trial_bound, trial_files, trial_seed
from backprobe.treatments.base import Treatment
from backprobe.treatments.names import TABLE, parse
from backprobe.treatments.points import Points
from backprobe.treatments.report import Report
from backprobe.treatments.trial_holdout import HoldOut


class Applied:
    """The treatments of a process.

    Arguments:
        points: where they act.
        treatments: in the order in which they were asked for.
    """

    def __init__(self, points: Points, treatments: tuple[Treatment, ...]) -> None:
        self.points = points
        self.treatments = treatments
        self._undone = False

    def undo(self) -> None:
        """Takes everything back, the last first; idempotent."""
        if self._undone:
            return
        self._undone = True
        for treatment in reversed(self.treatments):
            treatment.undo()
        self.points.remove()


def begin() -> None:
    """Installs what `BACKPROBE_TREAT` and `BACKPROBE_TRIAL` ask for; called once torch is there."""
    trial = settings.trial()
    folder = settings.run_folder()
    if trial is not None:
        trial_seed.install(trial.seed)
        trial_bound.install(horizon.bound())
        if folder is not None:
            trial_files.install(folder / "files")
    texts = settings.treatments()
    holding = trial is not None and trial.hold_out
    if texts or holding:
        applied = install(texts, folder, trial is not None and not trial.lenient)
        if holding:
            HoldOut(applied.points).install()


def install(texts: tuple[str, ...], folder: Path | None = None, trial: bool = False) -> Applied:
    """Installs treatments in this process.

    Arguments:
        texts: as after `--treat`.
        folder: of the run, which gets a file of what became of them.
        trial: whether one that can't be applied ends the process.

    Raises:
        ValueError: there is no such treatment, or it can't take the value.
    """
    report = Report(folder, trial)
    points = Points(report)
    made = tuple(build(text) for text in texts)
    for treatment in made:
        report.expect(treatment.text, treatment.WAITS)
        treatment.install(points)
    points.install()
    report.write()
    atexit.register(report.end)
    return Applied(points, made)


def build(text: str) -> Treatment:
    """The treatment that a string after `--treat` names.

    Raises:
        ValueError: there is no such treatment, or it can't take the value.
    """
    name, value = parse(text)
    module = importlib.import_module(f"backprobe.treatments.{TABLE[name].module}")
    made: Treatment = module.build(value)
    return made

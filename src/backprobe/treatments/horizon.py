# SPDX-License-Identifier: Apache-2.0
"""How many optimizer steps this process's training takes, where that can be known beforehand."""

from __future__ import annotations

from backprobe import settings
from backprobe.treatments.names import parse


def longer() -> int:
    """The factor of `train-longer`, 1 without it."""
    factor = 1
    for text in settings.treatments():
        name, value = parse(text)
        if name == "train-longer":
            factor = int(value)
    return factor


def bound() -> int | None:
    """The step at which training is ended: of a trial, or as `--steps` says; None for no bound."""
    trial = settings.trial()
    steps = trial.steps if trial is not None else settings.step_limit()
    return None if steps is None else steps * longer()


def total() -> int | None:
    """The steps of the whole training: as many as the original run took, at most the bound."""
    trial = settings.trial()
    known = trial.total if trial is not None else None
    ends = [steps for steps in (bound(), known * longer() if known else None) if steps]
    return min(ends) if ends else None

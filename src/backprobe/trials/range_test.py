# SPDX-License-Identifier: Apache-2.0
"""A learning-rate range test of a script: trials in which its optimizer's rate is swept.

Two trials with seeds of their own, the second closer to where it matters, and a third where they
disagree.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backprobe.records import Run
from backprobe.signals.lr_curve import LEAST_POINTS, MOST, Advice, combine, enough, focus, read
from backprobe.trials.fingerprint import fingerprint
from backprobe.trials.launch import Task
from backprobe.trials.nouns import Arm, Trial
from backprobe.trials.pool import Pool

FILE = "sweep.json"
"""What a sweep leaves in its run's folder."""
SHORT = "the script ended"
"""How a sweep ended that was not finished."""


@dataclass(frozen=True)
class Sweep:
    """What one trial measured.

    Arguments:
        lr: rates of the first group.
        loss: losses, NaN where not finite.
        end: why it ended, in words.
        optimizers: how many stepped.
        trial: that measured it.
    """

    lr: tuple[float, ...]
    loss: tuple[float, ...]
    end: str
    optimizers: int
    trial: Trial


@dataclass(frozen=True)
class RangeTest:
    """The sweeps of a script and what they say.

    Arguments:
        advice: suggestion, range, or why there is none.
        sweeps: as they were made.
        failure: how the script failed, "" where it did not.
    """

    advice: Advice
    sweeps: tuple[Sweep, ...]
    failure: str = ""


def range_test(
    run: Run,
    pool: Pool,
    start: float = 1e-7,
    end: float = 10.0,
    steps: int = 100,
    most: int = MOST,
    tell: Callable[[Trial], None] = lambda _: None,
) -> RangeTest:
    """Sweeps the rate of a script's optimizer.

    A script that makes fewer steps than were asked for is swept again over as many as it makes.

    Arguments:
        run: whose command is run.
        pool: that runs the trials.
        start: lowest rate.
        end: highest rate.
        steps: of a sweep.
        most: sweeps at most.
        tell: called with each trial that ended.
    """
    sweeps: list[Sweep] = []
    first = _made(run, pool, _rates(start, end, steps), 0, tell)
    refused = _unfit(first)
    if refused is None and first.end == SHORT and len(first.lr) < steps:
        steps = len(first.lr)
        first = _made(run, pool, _rates(start, end, steps), 0, tell)
        refused = _unfit(first)
    sweeps.append(first)
    if refused is not None:
        return RangeTest(Advice(refused=refused), tuple(sweeps), first.trial.failure)
    readings = [read(first.lr, first.loss)]
    while len(sweeps) < most and not enough(readings):
        rates = _rates(*focus(readings[0], start, end), steps)
        sweeps.append(_made(run, pool, rates, len(sweeps), tell))
        readings.append(read(sweeps[-1].lr, sweeps[-1].loss))
    return RangeTest(combine(readings), tuple(sweeps))


def _rates(start: float, end: float, steps: int) -> list[float]:
    return [start * (end / start) ** (position / (steps - 1)) for position in range(steps)]


def _made(
    run: Run, pool: Pool, rates: list[float], seed: int, tell: Callable[[Trial], None]
) -> Sweep:
    source = fingerprint(run)
    wanted = {"name": "sweep", "rates": rates, "at": time.time()}  # never one of before
    task = Task(run, Arm((), "lr"), seed, None, source, experiment=wanted)
    trial = pool.run([task], tell)[0]
    try:
        found = json.loads((Path(trial.run.path) / FILE).read_text())
    except (OSError, ValueError):
        return Sweep((), (), SHORT, 0, trial)
    losses = tuple(math.nan if value is None else float(value) for value in found["loss"])
    return Sweep(tuple(found["lr"]), losses, str(found["end"]), int(found["optimizers"]), trial)


def _unfit(sweep: Sweep) -> str | None:
    """Why a sweep says nothing, whatever its curve looks like."""
    if sweep.trial.failure and len(sweep.lr) < LEAST_POINTS:
        return sweep.trial.failure
    if sweep.optimizers > 1:
        return (
            f"{sweep.optimizers} optimizers step in turn: no one loss tells whether a rate is good"
        )
    if sweep.optimizers == 0:
        return "no optimizer of torch.optim stepped on a loss: there is no rate to sweep"
    if sweep.end == SHORT and len(sweep.lr) < LEAST_POINTS:
        return (
            f"the script makes {len(sweep.lr)} optimizer steps; a sweep needs {LEAST_POINTS}: let "
            "it train longer"
        )
    return None

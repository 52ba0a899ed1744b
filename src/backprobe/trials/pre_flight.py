# SPDX-License-Identifier: Apache-2.0
"""The pre-flight of a script: a bounded trial in which its own objects are checked, and the rules
over its record. Where the script's loss can't be computed apart from it, a further trial takes the
place of an experiment: it serves the same batch again and again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from backprobe.records import Run
from backprobe.report.checks import Check, CheckTable
from backprobe.report.slips import lines
from backprobe.session import examine
from backprobe.signals.losses import main_loss
from backprobe.trials.fingerprint import fingerprint
from backprobe.trials.launch import Task
from backprobe.trials.nouns import Arm, Trial
from backprobe.trials.pool import Pool

FILE = "check.json"
"""What the experiments leave in the run's folder."""
STEPS = 64
LIMIT_SECONDS = 150.0
"""After so long the trial is ended: the script loads too much, or does not train."""
MEMORISED = 0.3
"""Share of the first loss that a batch served again and again may leave in these steps."""


class NotChecked(RuntimeError):  # noqa: N818 - it is an answer to the user more than a fault
    """The script did not get as far as a training step; the text says why."""


def pre_flight(
    run: Run, pool: Pool, seconds: float = 30.0, tell: Callable[[Trial], None] = lambda _: None
) -> CheckTable:
    """Checks a script.

    Arguments:
        run: whose command is run.
        pool: that runs the trials.
        seconds: for the experiments on its objects.
        tell: called with each trial that ended.

    Raises:
        NotChecked: it made no training step.
    """
    began = time.monotonic()
    trial = pool.run([_task(run, (), seconds)], tell)[0]
    try:
        table = CheckTable.of(json.loads((Path(trial.run.path) / FILE).read_text()))
    except (OSError, ValueError, KeyError):
        raise NotChecked(_why(trial)) from None
    record, findings = examine(trial.run)
    checks = [*table.checks, *lines(findings, record)]
    if any(one.name == "overfit-one-batch" and one.status == "skipped" for one in checks):
        checks = _by_trials(run, pool, checks, tell)
    if trial.failure:
        checks.insert(0, Check("script", "fail", "ended badly", "status 0", trial.failure))
    return CheckTable(tuple(checks), time.monotonic() - began, table.notes)


def _task(run: Run, treatments: tuple[str, ...], seconds: float | None) -> Task:
    wanted: dict[str, object] = {"name": "check", "steps": STEPS, "at": time.time()}
    if seconds is not None:
        wanted["seconds"] = seconds
    return Task(
        run,
        Arm(treatments, "check"),
        0,
        STEPS if seconds is not None else 3 * STEPS,
        fingerprint(run),
        limit=LIMIT_SECONDS,
        lenient=True,
        experiment=wanted if seconds is not None else None,
    )


def _by_trials(
    run: Run, pool: Pool, checks: list[Check], tell: Callable[[Trial], None]
) -> list[Check]:
    """The check of one batch by running the script itself under a treatment."""
    treatments = ("freeze-batch", "dropout=off")
    frozen = pool.run([_task(run, treatments, None)], tell)[0]
    found = []
    for one in checks:
        made = one
        if one.name == "overfit-one-batch" and one.status == "skipped":
            made = _memorised(frozen, one)
        found.append(made)
    return found


def _memorised(trial: Trial, was: Check) -> Check:
    if "freeze-batch" in trial.refused or trial.failure:
        return was
    values = main_loss(examine(trial.run)[0]).value
    values = values[np.isfinite(values)]
    if len(values) < 20 or values[0] <= 0:
        return was
    first, best = float(values[0]), float(np.median(np.sort(values)[:3]))
    learned = best < MEMORISED * first
    return replace(
        was,
        status="pass" if learned else "skipped",
        measured=f"loss {first:.3g} to {best:.3g} in {len(values)} steps of the script's own",
        expected=f"{MEMORISED:.0%} of the loss left",
        message=""
        if learned
        else f"{best / first:.0%} of the loss is left after {len(values)} steps on one batch by "
        "the script's own optimizer: it may need more steps, or part of its loss can't be learned",
    )


def _why(trial: Trial) -> str:
    if trial.failure:
        return trial.failure
    return (
        "no model of torch was trained in it: no forward with gradients, or none within "
        f"{LIMIT_SECONDS:.0f} s"
    )

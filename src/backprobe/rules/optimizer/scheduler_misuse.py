# SPDX-License-Identifier: Apache-2.0
"""A schedule that starves the training, or blows it up."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Finding, Record, Severity
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import HURTS, imperfect, leaves_much
from backprobe.rules.optimizer.plateaus import misled, summed
from backprobe.rules.wording import at, figure, percent, plural
from backprobe.signals.progress import Progress, progress

Array = NDArray[np.float64]


class SchedulerMisuse(AbstractRule):
    """The schedule keeps the learning rate at almost nothing, or drives it up without end.

    ## What it looks for
    In a run that learned too little: the share of the steps at under a hundredth of the run's
    highest rate; a rate that never came near the one that the optimizer was built with (a warm-up
    that is never stepped, or far too long); a rate of zero; and one that still rises while the loss
    diverges. Where a schedule waits for a plateau: whether its number goes the other way while the
    loss falls, as a score does in mode `min`, or a sum over the epochs that is never set back to 0.

    ## Why it matters
    An epoch's schedule that is stepped at every batch is through after one epoch; what comes after
    changes nothing any more. A warm-up that is stepped once an epoch instead of once a batch never
    warms up.

    ## Example
    `91 % of 600 steps ran at under a hundredth of the highest rate (0.1; 1e-9 at the end): the rate
    fell within 54 steps`

    ## What to try
    - `schedule=none`: the optimizer's own rate throughout
    - `schedule=cosine`: the same, falling to 0 over the whole run
    - set the sum that a `ReduceLROnPlateau` is told back to 0 before each epoch
    - step the scheduler once an epoch, or give it the number of steps
    - `scale-lr=10`: does not help a rate that falls all the same

    ## When it is wrong
    Warm restarts and one-cycle schedules end near zero on purpose, but not for most of the run.

    ## References
    - PyTorch, `torch.optim.lr_scheduler`: how to adjust the learning rate
    """

    name = "scheduler-misuse"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        low: float = threshold(
            0.01, "learning rate / highest", "steps that change nothing beside the first"
        )
        share: float = threshold(0.4, "fraction of the steps", "cosine to zero: 6 %")
        most: float = threshold(0.6, "fraction of the steps", "the same, in a run that learned")
        period: float = threshold(30.0, "steps from peak to peak", "cycles last epochs")
        reached: float = threshold(
            0.2, "highest rate / the optimizer's own", "a warm-up ends at the whole of it"
        )
        risen: float = threshold(5.0, "last rate / median", "schedules end low, not high")
        gone: float = threshold(
            0.8, "share, where no loss tells how well the run learns", "most of the run is frozen"
        )
        steps: float = threshold(30, "steps", "fewer have no schedule")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        lr = record.steps.numbers("lr")
        known = np.isfinite(lr) & _of_one_optimizer(record)
        lr, step = lr[known], record.steps.numbers("step")[known]
        state = progress(record)
        if lr.size < self.limits.steps or state.state == "short":
            return []
        if state.state == "unknown" and np.mean(lr < self.limits.low * lr.max()) < self.limits.gone:
            return []  # nothing is known of what it costs
        told = self._told(record, lr, step, state)
        if told is None:
            return []
        message, strength, steps, evidence = told
        source = record.optimizers[0].source if record.optimizers else None
        sum_told = summed(record)
        wrong = sum_told or misled(record)
        early = "share" in evidence and (leaves_much(record) or state.state == "unknown")
        early = early or (sum_told is not None and "share" in evidence)
        severity: Severity = "warning" if state.hurt >= HURTS or early else "note"
        return [
            Finding(
                rule=self.name,
                severity="error" if lr.max() <= 0.0 else severity,
                confidence=confidence(0.55, 0.95, strength, state.hurt),
                message=f"{message}{at(source)}; {wrong[0] if wrong else ''}{state.in_words()}",
                source=wrong[1] if wrong else source,
                steps=seen(steps),
                evidence={**evidence, "highest": float(lr.max()), "last": float(lr[-1])},
                treatments=("schedule=none", "schedule=cosine"),
            )
        ]

    def _told(
        self, record: Record, lr: Array, step: Array, state: Progress
    ) -> tuple[str, float, Iterable[float], dict[str, float]] | None:
        """What is wrong with the rate, in words; its strength, its steps and its numbers."""
        limits = self.limits
        if lr.max() <= 0.0:
            return "every step ran at a learning rate of 0", 1.0, step[[0, -1]], {}
        low = lr < limits.low * lr.max()
        share = float(low.mean())
        held_back = state.hurt >= HURTS or imperfect(state) or summed(record) is not None
        if share >= (limits.share if held_back else limits.most) and low[-1]:
            first = int(step[np.argmax(low)])
            message = (
                f"{percent(share)} of {plural(lr.size, 'step')} ran at under a hundredth of the "
                f"highest learning rate ({figure(float(lr.max()))}; {figure(float(lr[-1]))} at the "
                f"end): it had fallen by step {first}"
            )
            strength = between(share, limits.share, 0.9)
            return message, strength, step[low][[0, -1]], {"share": share}
        period = _period(lr)
        if period <= limits.period:
            message = (
                f"the learning rate goes from {figure(float(lr.max()))} to "
                f"{figure(float(lr.min()))} and back every {period:.0f} steps: a schedule of "
                "epochs, stepped at every batch?"
            )
            return message, 0.3, step[[0, -1]], {"period": period}
        if not held_back and not leaves_much(record):
            return None
        own = _own_rate(record)
        reached = float(lr.max()) / own if own > 0.0 else 1.0
        if reached <= limits.reached:
            message = (
                f"the learning rate never rose above {figure(float(lr.max()))} in "
                f"{plural(lr.size, 'step')}; the optimizer was built with {figure(own)}: its "
                "schedule is not stepped, or far too slow"
            )
            strength = between(reached, limits.reached, 0.0)
            return message, strength, step[[0, -1]], {"own": own, "reached": reached}
        risen = float(lr[-1] / np.median(lr))
        broke = state.state in ("diverged", "nonfinite")
        if broke and risen >= limits.risen and lr[-1] >= 0.99 * lr.max():
            message = (
                f"the learning rate still rises at the end, from {figure(float(np.median(lr)))} "
                f"(median) to {figure(float(lr[-1]))}"
            )
            return message, 0.5, step[[0, -1]], {"risen": risen}
        return None


def _period(lr: Array) -> float:
    """Steps from peak to peak of a rate that goes up and down tenfold, or infinity."""
    rises = np.diff(lr) > 0.0
    peaks = np.flatnonzero(rises[:-1] & ~rises[1:]) + 1
    if peaks.size < 5 or lr.min() > 0.1 * lr.max():
        return math.inf
    return float(np.median(np.diff(peaks)))


def _own_rate(record: Record) -> float:
    """The rate that the optimizer was built with, or that its schedule is to rise to.

    Schedulers keep it as `initial_lr`, and one that rises first as `max_lr`. It is that of the
    first group of the optimizer of the last step, as the rates of the steps are.
    """
    last = _last_optimizer(record)
    groups = [g for o in record.optimizers if o.index == last for g in o.groups[:1]]
    found = [g.get(name, 0.0) for g in groups for name in ("initial_lr", "max_lr")]
    return max((float(v) for v in found if isinstance(v, (int, float))), default=0.0)


def _of_one_optimizer(record: Record) -> NDArray[np.bool_]:
    """Which rows [n] are of the optimizer of the last step: each has a rate of its own."""
    which = record.steps.numbers("optimizer")
    last = _last_optimizer(record)
    return np.asarray(which == last if math.isfinite(last) else np.ones(which.size), np.bool_)


def _last_optimizer(record: Record) -> float:
    """Number of the optimizer of the last step, NaN where none is known."""
    which = record.steps.numbers("optimizer")
    known = which[np.isfinite(which)]
    return float(known[-1]) if known.size else math.nan

# SPDX-License-Identifier: Apache-2.0
"""A schedule that ends the training before it has begun."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_by_harm
from backprobe.rules.wording import figure, percent, plural
from backprobe.signals.progress import progress


class SchedulerMisuse(AbstractRule):
    """The learning rate falls to almost nothing early in the run, and the run has not learned.

    ## What it looks for
    The share of the steps at under a hundredth of the run's highest rate, in a run that learned too
    little.

    ## Why it matters
    An epoch's schedule that is stepped at every batch is through after one epoch; what comes after
    changes nothing any more.

    ## Example
    `91 % of 600 steps ran at under a hundredth of the highest rate (0.1; 1e-9 at the end): the rate
    fell within 54 steps`

    ## What to try
    - step the scheduler once an epoch, or give it the number of steps
    - `scale-lr=10`: does not help, the rate falls all the same

    ## When it is wrong
    Warm restarts and one-cycle schedules end near zero on purpose, but not for most of the run.

    ## References
    - PyTorch, `torch.optim.lr_scheduler`: how to adjust the learning rate
    """

    name = "scheduler-misuse"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        low: float = threshold(
            0.01, "learning rate / highest", "steps that change nothing beside the first"
        )
        share: float = threshold(0.4, "fraction of the steps", "cosine to zero: 6 %")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        lr = np.asarray(record.steps["lr"], np.float64)
        known = np.isfinite(lr)
        lr, step = lr[known], np.asarray(record.steps["step"], np.float64)[known]
        if lr.size < 30 or lr.max() <= 0.0:
            return []
        low = lr < self.limits.low * lr.max()
        share = float(low.mean())
        state = progress(record)
        severity = severity_by_harm(state)
        if share < self.limits.share or severity == "note" or not low[-1]:
            return []
        first = int(step[np.argmax(low)])
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.55, 0.95, between(share, self.limits.share, 0.9), state.hurt
                ),
                message=(
                    f"{percent(share)} of {plural(lr.size, 'step')} ran at under a hundredth of "
                    "the "
                    f"highest learning rate ({figure(float(lr.max()))}; {figure(float(lr[-1]))} "
                    "at the "
                    f"end): it had fallen by step {first}; {state.in_words()}"
                ),
                steps=seen(step[low][[0, -1]]),
                evidence={"share": share, "highest": float(lr.max()), "last": float(lr[-1])},
                treatments=("schedule=none", "schedule=cosine"),
            )
        ]

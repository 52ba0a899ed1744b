# SPDX-License-Identifier: Apache-2.0
"""A loss that jumps up and down."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS
from backprobe.rules.wording import at, figure
from backprobe.signals.progress import progress


class LossOscillating(AbstractRule):
    """The loss swings from step to step by as much as there is to learn.

    ## What it looks for
    The noise of the loss around its own course, against the loss of a constant answer, in a run
    that learns too little although its batches are not small.

    ## Why it matters
    It is a symptom of steps that are too large for what they follow.

    ## Example
    `the loss varies by 1.4 from step to step; a constant answer gives 0.69`

    ## What to try
    - what the cause above says
    - `scale-lr=0.1`: where no cause is named
    - `batch-size=64`: suits small batches

    ## When it is wrong
    Batches of a few rows vary by nature.

    ## References
    - Cohen et al., "Gradient descent on neural networks typically occurs at the edge of stability",
      2103.00065
    """

    name = "loss-oscillating"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        noise: float = threshold(0.5, "std of the loss / a constant answer's", "batch of 32: 0.1")
        decisive: float = threshold(
            5.0, "std of the loss / a constant answer's", "swings of its own"
        )
        steps: float = threshold(50, "optimizer steps", "the first steps jump by nature")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        trend = state.trend
        if trend is None or state.baseline is None or state.hurt < HURTS:
            return []
        if state.state not in ("stuck", "learning", "diverged") or state.steps < self.limits.steps:
            return []
        noise = trend.noise / state.baseline
        if noise < self.limits.noise:
            return []
        source = state.source
        return [
            Finding(
                rule=self.name,
                severity="warning",
                kind="symptom",
                confidence=confidence(
                    0.55,
                    0.95,
                    beyond(noise, self.limits.noise, self.limits.decisive),
                    between(state.hurt, HURTS, 1.0),
                ),
                message=(
                    f"the loss{at(source)} varies by {figure(trend.noise)} from step to step; a "
                    f"constant answer gives {figure(state.baseline)}"
                ),
                source=source,
                steps=whole_run(record),
                evidence={"noise": trend.noise, "constant_answer": state.baseline},
                treatments=("scale-lr=0.1", "batch-size=64", "schedule=cosine"),
            )
        ]

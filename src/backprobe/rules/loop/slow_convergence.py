# SPDX-License-Identifier: Apache-2.0
"""A loss that falls, but too slowly."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS
from backprobe.rules.wording import at, figure
from backprobe.signals.progress import progress


class SlowConvergence(AbstractRule):
    """The loss falls steadily, and is still close to where it began when the training ends.

    ## What it looks for
    A loss that still falls over the last third by more than noise, in a run of many steps that
    took away little of the trivial predictor's loss. Where it falls by then at less than half of
    its average pace it levels off, and that is a note: little is ahead, and chance in the targets
    looks the same.

    ## Why it matters
    It is a symptom: of small steps, of a gradient that does not arrive, or of a squeezed output.

    ## Example
    `after 800 steps the loss went from 2.31 to 2.05 (a constant answer: 2.3) and still falls`

    ## What to try
    - what the cause above says
    - `scale-lr=10`: where no cause is named

    ## When it is wrong
    Hard tasks and large models need more steps than were given here.

    ## References
    - Godbole et al., "Deep Learning Tuning Playbook" (2023)
    """

    name = "slow-convergence"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        steps: float = threshold(200, "optimizer steps", "fewer: see too-few-steps")
        pace: float = threshold(
            0.5, "slope at the end / average slope", "an exponential with a fifth of its fall ahead"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        trend = state.trend
        if trend is None or state.baseline is None or state.hurt < HURTS:
            return []
        slow = state.state == "learning" and trend.still_falling and trend.fell
        if not slow or state.steps <= self.limits.steps:
            return []
        fall = -trend.slope * trend.count / state.steps  # some steps pass unrecorded
        source = state.source
        levels_off = trend.pace < self.limits.pace
        return [
            Finding(
                rule=self.name,
                severity="note" if levels_off else "warning",
                kind="symptom",
                confidence=confidence(
                    0.55,
                    0.9,
                    between(state.hurt, HURTS, 1.0),
                    beyond(state.steps, self.limits.steps, 2000.0),
                ),
                message=(
                    f"after {state.steps:,} steps {state.in_words()}{at(source)} and still falls "
                    f"by {figure(1000.0 * fall)} in a thousand steps"
                    + ("; it levels off, and this may be all there is to learn" * levels_off)
                ),
                source=source,
                steps=whole_run(record),
                evidence={
                    "explained": state.explained,
                    "slope": trend.slope,
                    "pace": trend.pace,
                },
                treatments=("scale-lr=10", "train-longer=3"),
            )
        ]

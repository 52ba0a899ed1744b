# SPDX-License-Identifier: Apache-2.0
"""A loss that has settled high."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS
from backprobe.rules.wording import at, figure, unique
from backprobe.signals.layers import layers
from backprobe.signals.linearity import is_linear
from backprobe.signals.progress import progress


class Underfitting(AbstractRule):
    """Training has settled at a loss far above what the task allows.

    ## What it looks for
    A loss that no longer falls and that is better than a constant answer but took away less than
    a third of it, in a run of many steps; for a linear model, one that never got below it.

    ## Why it matters
    The network does not even fit the rows that it trains on: it is too small, too strongly
    regularised, or something named above holds it back.

    ## Example
    `after 900 steps the loss stays at 1.71 (a constant answer: 2.08)`

    ## What to try
    - what the cause above says
    - `dropout=off`, `weight-decay=0`: suit strong regularisation
    - more units or layers

    ## When it is wrong
    Tasks with much noise in their targets end high by nature.

    ## References
    - Karpathy, "A Recipe for Training Neural Networks" (2019): overfit, then regularise
    """

    name = "underfitting"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        steps: float = threshold(200, "optimizer steps", "fewer have not settled")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        trend = state.trend
        if trend is None or state.baseline is None or state.hurt < HURTS:
            return []
        linear = is_linear(record)
        settled = state.state == "learning" and not trend.still_falling
        if not (settled or (linear and state.state == "stuck")) or state.steps < self.limits.steps:
            return []
        source = state.source
        return [
            Finding(
                rule=self.name,
                # Noise that no network can tell looks the same: it is no fault of this run's.
                severity="warning" if linear else "note",
                kind="symptom",
                confidence=confidence(
                    0.5,
                    0.85,
                    between(state.hurt, HURTS, 1.0),
                    beyond(state.steps, self.limits.steps, 2000.0),
                ),
                where=unique(x.name for x in layers(record)) if linear else (),
                message=(
                    f"after {state.steps:,} steps the loss{at(source)} stays at "
                    f"{figure(trend.last)} (a constant answer: {figure(state.baseline)})"
                    + ("; the network is linear, and no linear rule fits better" if linear else "")
                ),
                source=source,
                steps=whole_run(record),
                evidence={"last": trend.last, "constant_answer": state.baseline},
                treatments=("no-regularization", "width=4"),
            )
        ]

# SPDX-License-Identifier: Apache-2.0
"""A loss that ends far above where it was."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.wording import at, figure
from backprobe.signals.in_a_row import trained_before
from backprobe.signals.progress import progress


class LossDiverging(AbstractRule):
    """The loss rises above its start, or gives back what it had gained.

    ## What it looks for
    The mean loss at the end against its lowest and its first, beyond the noise between steps, in a
    run that learns too little.

    ## Why it matters
    It is a symptom: what the cause above names drives the weights away.

    ## Example
    `the loss fell to 0.41 and ends at 7.9; it began at 2.31`

    ## What to try
    - what the cause above says
    - `scale-lr=0.1`: where no cause is named
    - `clip-gradients=1.0`: suits single large gradients

    ## When it is wrong
    Losses that are not meant to fall (GANs, policy gradients): a known baseline is asked for.

    ## References
    - Goodfellow, Bengio & Courville, "Deep Learning" (2016), 8.2.4
    """

    name = "loss-diverging"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        rise: float = threshold(1.2, "last / first loss", "noise is taken off before")
        decisive: float = threshold(10.0, "last / first loss", "far beyond any plateau")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        trend = state.trend
        if trend is None or state.baseline is None or state.state not in ("diverged", "stuck"):
            return []
        above = trend.last > self.limits.rise * trend.start
        if state.state == "stuck" and not (trend.rose and above):
            return []
        if not above and trained_before(record):
            return []  # another network begins where the first one did
        source = state.source
        return [
            Finding(
                rule=self.name,
                severity="warning",
                kind="symptom",
                confidence=confidence(
                    0.9 if state.state == "diverged" else 0.6,
                    0.97,
                    beyond(trend.last / max(trend.start, 1e-12), 1.0, self.limits.decisive),
                    between(state.hurt, 0.5, 1.0),
                ),
                message=(
                    f"the loss{at(source)} fell to {figure(min(trend.best, trend.start))} and ends "
                    f"at {figure(trend.last)}; it began at {figure(trend.start)}"
                ),
                source=source,
                steps=whole_run(record),
                evidence={"first": trend.start, "best": trend.best, "last": trend.last},
                treatments=("scale-lr=0.1", "clip-gradients=1.0"),
            )
        ]

# SPDX-License-Identifier: Apache-2.0
"""A loss that stays where it was."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.loop.set_back import set_back
from backprobe.rules.wording import at, figure
from backprobe.signals.progress import progress


class NotLearning(AbstractRule):
    """After many steps the network is no better than one that ignores its input.

    ## What it looks for
    The mean loss at the end against the trivial predictor's (class prior, mean target) and against
    its own start, beyond noise. And, as a cause, a network that an optimizer trains and that
    is loaded again and again with the very same weights of another one which runs beside it: what
    was learnt since is lost each time.

    ## Why it matters
    It is the symptom that everything else explains. Where nothing does, the data may hold no
    answer.

    ## Example
    `after 600 steps the loss is 2.30; a constant answer gives 2.30, it began at 2.31`

    ## What to try
    - what the cause above says
    - `scale-lr=10`, `scale-lr=0.1`: where no cause is named
    - check that labels belong to their inputs
    - `target.load_state_dict(online.state_dict())`, not the other way round

    ## When it is wrong
    Losses that are not meant to fall (GANs, policy gradients): the rule needs a known baseline.

    ## References
    - Karpathy, "A Recipe for Training Neural Networks" (2019): input-independent baseline
    """

    name = "not-learning"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        steps: float = threshold(50, "optimizer steps", "a plateau of a few dozen steps is normal")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        back = set_back(record, self.name)
        if back is not None:
            return [back]
        trend = state.trend
        if trend is None or state.baseline is None or state.steps < self.limits.steps:
            return []
        if state.state not in ("stuck", "diverged"):
            return []
        source = state.source
        return [
            Finding(
                rule=self.name,
                severity="warning",
                kind="symptom",
                confidence=confidence(
                    0.6,
                    0.97,
                    between(state.steps, self.limits.steps, 500),
                    between(-state.explained, -0.05, 0.0),
                ),
                message=(
                    f"after {state.steps:,} steps the loss is {figure(trend.last)}{at(source)}; "
                    f"a constant answer gives {figure(state.baseline)}, it began at "
                    f"{figure(trend.start)}"
                ),
                source=source,
                steps=whole_run(record),
                evidence={
                    "last": trend.last,
                    "start": trend.start,
                    "constant_answer": state.baseline,
                    "steps": state.steps,
                },
                treatments=("scale-lr=10", "scale-lr=0.1"),
            )
        ]

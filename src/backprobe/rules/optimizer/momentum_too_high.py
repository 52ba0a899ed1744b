# SPDX-License-Identifier: Apache-2.0
"""Momentum that carries the weights past every minimum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprobe.records import Finding, Optimizer, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import HURTS, imperfect, severity_by_harm, severity_of_mistake
from backprobe.rules.wording import at, figure
from backprobe.signals.losses import main_loss
from backprobe.signals.progress import Progress, progress

FIRST_BETA = ("beta1", "beta_1", "b1")
"""What optimizers of a script's own call the first of `betas`."""


class MomentumTooHigh(AbstractRule):
    """Momentum so close to 1 that a step is made of hundreds of old gradients.

    ## What it looks for
    The optimizer's momentum (Adam, or one written by hand: the first beta) in a run that learns too
    little. A momentum of m multiplies the rate by 1 / (1 − m) and needs as many steps to change
    direction.

    ## Why it matters
    The weights shoot past the minimum and swing back slowly, over and over; at 1 and above they
    never slow down.

    ## Example
    `SGD's momentum is 0.999 (train.py:20): each gradient acts for 1,000 steps and the rate is 1,000
    times larger in effect; the loss went from 2.3 to 8.1 (a constant answer: 2.3)`

    ## What to try
    - `momentum=0.9`
    - `scale-lr=0.1`: keeps the effective rate where momentum is raised

    ## When it is wrong
    Large batches and long trainings can use 0.99 with a rate that is smaller to match.

    ## References
    - Sutskever et al., "On the importance of initialization and momentum" (2013)
    - Goh, "Why momentum really works", Distill (2017)
    """

    name = "momentum-too-high"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        momentum: float = threshold(0.97, "momentum", "usual: 0.9, at most 0.95")
        beta: float = threshold(0.98, "Adam's first beta", "usual: 0.9, at most 0.95")
        mistake: float = threshold(0.99, "either", "a memory of a hundred steps, which swings here")
        decisive: float = threshold(0.001, "1 − momentum", "a thousand steps")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: of the optimizer with the highest momentum."""
        state = progress(record)
        if state.state in ("unknown", "short"):
            return []
        if state.hurt < HURTS and not imperfect(state):
            return []
        known = [(_momentum(o), o) for o in record.optimizers]
        if not known:
            return []
        (momentum, adaptive), optimizer = max(known, key=lambda item: item[0][0])
        limit = self.limits.beta if adaptive else self.limits.momentum
        if momentum < limit or not _swings(record, state, momentum):
            return []
        span = math.inf if momentum >= 1.0 else 1.0 / (1.0 - momentum)
        what = "first beta" if adaptive else "momentum"
        effect = "" if adaptive else f" and the rate is {figure(span)} times larger in effect"
        acts = (
            "no gradient is ever forgotten"
            if math.isinf(span)
            else f"each gradient acts for {figure(span)} steps{effect}"
        )
        return [
            Finding(
                rule=self.name,
                severity=severity_of_mistake(record)
                if momentum >= self.limits.mistake
                else severity_by_harm(state),
                confidence=confidence(
                    0.65,
                    0.95,
                    beyond(max(1.0 - momentum, 1e-9), 1.0 - limit, self.limits.decisive),
                    state.hurt,
                ),
                message=(
                    f"{optimizer.type}'s {what} is {figure(momentum)}{at(optimizer.source)}, usual "
                    f"is 0.9: {acts}; {state.in_words()}"
                ),
                source=optimizer.source,
                steps=whole_run(record),
                evidence={"momentum": momentum, "outcome": state.state},
                treatments=("momentum=0.9", "scale-lr=0.1"),
            )
        ]


def _momentum(optimizer: Optimizer) -> tuple[float, bool]:
    """The highest momentum of an optimizer's groups, and whether it is Adam's first beta."""
    found = [_of(group) for group in optimizer.groups]
    return max(found, default=(0.0, False))


def _of(group: Mapping[str, Any]) -> tuple[float, bool]:
    betas = group.get("betas")
    if isinstance(betas, (list, tuple)) and betas and isinstance(betas[0], (int, float)):
        return float(betas[0]), True
    own = next((group[name] for name in FIRST_BETA if name in group), None)
    if isinstance(own, (int, float)):
        return float(own), True
    momentum = group.get("momentum", 0.0)
    return (float(momentum), False) if isinstance(momentum, (int, float)) else (0.0, False)


def _swings(record: Record, state: Progress, momentum: float) -> bool:
    """Whether the loss went up on its way, or the steps are too few for such a momentum."""
    if state.failed or momentum >= 1.0:
        return True
    value = main_loss(record).value
    value = value[np.isfinite(value)]
    if value.size < 5 or state.trend is None:
        return False
    early = value[: max(5, value.size // 3)]
    rose = float(early.max()) > 1.3 * float(value[0]) or state.trend.worst > 1.2 * state.trend.start
    return rose or state.steps < 3.0 / (1.0 - momentum)

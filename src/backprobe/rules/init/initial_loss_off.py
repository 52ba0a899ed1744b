# SPDX-License-Identifier: Apache-2.0
"""A first loss far from what an untrained network should have."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.outputs import output_names
from backprobe.rules.wording import at, figure, percent
from backprobe.signals.baseline import number
from backprobe.signals.initial_loss import expected_initial_loss
from backprobe.signals.layers import layers
from backprobe.signals.loaded import loaded_over
from backprobe.signals.losses import main_loss
from backprobe.signals.progress import Progress, progress


class InitialLossOff(AbstractRule):
    """The first loss is far above what a network without an opinion has.

    ## What it looks for
    The loss of the first step against ln C for C classes (ln 2 for yes or no, variance of the
    targets for squared error). Logits of std s add s²/2, and a healthy init has s < 1. Then how
    much of the run it took to come down to that.

    ## Why it matters
    A network that begins confidently wrong spends its first steps unlearning. It points at weights
    or inputs that are too large, at the wrong targets, or at a loss that gets the wrong thing.

    ## Example
    `the first loss is 41.3 (net.py:31); ln 10 = 2.30 is expected of an untrained network, 2.80 with
    a healthy init: the outputs begin with std 62`

    ## What to try
    - `initialize=he`: suits weights that are too large
    - `standardize-inputs`: suits inputs in large units
    - `standardize-targets`: suits regression on large targets

    ## When it is wrong
    Losses weighted by class or with extra terms. A last layer that was loaded is left out.

    ## References
    - cs231n notes, "Neural Networks part 3": look for correct loss at chance performance
    - Karpathy, "A Recipe for Training Neural Networks" (2019): verify loss at init
    """

    name = "initial-loss-off"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        ratio: float = threshold(
            1.5,
            "first loss / the most that a healthy init gives",
            "logits of std 2.3 at ten classes",
        )
        ratio_regression: float = threshold(
            5.0, "first loss / twice the targets' variance", "the mean is 3 std away"
        )
        decisive: float = threshold(10.0, "ratio", "ten times the healthy most")
        unlearning: float = threshold(
            0.15, "share of the steps", "a sound init has nothing to unlearn"
        )
        trained: float = threshold(10, "steps before it", "a network trained before is no init")
        harmless: float = threshold(3.0, "ratio", "worth a note although the run learns")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        main = main_loss(record)
        expected = expected_initial_loss(main.loss)
        if expected is None or main.loss is None or main.value.size == 0:
            return []
        if any(layer.weight.index in loaded_over(record) for layer in layers(record)[-1:]):
            return []  # the head brings what it has learned, or mislearned
        if int(main.step[0]) >= self.limits.trained:
            return []
        value = float(main.value[0])
        state = progress(record)
        severity = severity_by_harm(state)
        ratio = value / expected.healthy if math.isfinite(value) else math.inf
        regression = main.loss.kind == "mse"
        limit = self.limits.ratio_regression if regression else self.limits.ratio
        if severity == "note":
            limit = max(limit, self.limits.harmless)
        elif not _stays(state, expected.ideal, value):
            severity = "note"  # it was unlearnt: something else holds the run back
            limit = max(limit, self.limits.harmless)
        unlearning = _unlearning(main.value, expected.ideal)
        if severity == "note" and unlearning >= self.limits.unlearning and not regression:
            severity = severity_of_mistake(record)
        if main.several or not ratio >= limit or math.isnan(value):
            return []
        source = main.loss.source
        if unlearning >= self.limits.unlearning and not regression:
            gone = (
                f"; the run took {percent(unlearning)} of its steps to come down to that"
                if unlearning < 1.0
                else "; it never came down to that"
            )
        else:
            gone = ""
        message = (
            f"the first loss is {figure(value)}{at(source)}; an untrained network should have "
            f"{expected.formula} = {figure(expected.ideal)}, {figure(expected.healthy)} at most"
        )
        spread = number(main.loss.output, "row_std") or number(main.loss.output, "std")
        if spread is not None:
            message += f": the outputs begin with std {figure(spread)}"
        message += gone
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(0.5, 0.95, beyond(ratio, limit, self.limits.decisive)),
                message=message,
                where=output_names(record, main.loss),
                source=source,
                steps=(int(main.step[0]), int(main.step[0])),
                evidence={
                    "first_loss": value if math.isfinite(value) else None,
                    "expected": expected.ideal,
                    "healthy_most": expected.healthy,
                    "ratio": ratio if math.isfinite(ratio) else None,
                    "output_std": spread,
                },
                treatments=(
                    ("standardize-targets", "standardize-inputs", "initialize=he", "prior-bias")
                    if regression
                    else ("initialize=he", "last-layer=small", "standardize-inputs")
                ),
            )
        ]


def _unlearning(value: NDArray[np.float64], ideal: float) -> float:
    """Share of the run until the loss first is what an answer without an opinion costs.

    Over windows of a fiftieth of the run; 1 where it never is.
    """
    width = max(5, value.size // 50)
    if value.size < 2 * width:
        return 0.0
    means = np.convolve(np.nan_to_num(value, nan=np.inf), np.ones(width) / width, "valid")
    below = np.flatnonzero(means <= ideal)
    return float(below[0] / means.size) if below.size else 1.0


def _stays(state: Progress, ideal: float, first: float) -> bool:
    """Whether the loss never came down to that of an answer without an opinion.

    One that did has unlearnt its beginning; what it lacks since has another cause.
    """
    if not math.isfinite(first) or state.trend is None or not math.isfinite(state.trend.last):
        return True
    return state.trend.last > 1.1 * ideal or state.steps < 50

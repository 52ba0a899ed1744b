# SPDX-License-Identifier: Apache-2.0
"""Summands of a loss that are reduced in different ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.wording import at, figure
from backprobe.signals.baseline import first_term_baseline
from backprobe.signals.progress import progress
from backprobe.signals.trend import Trend


class LossReductionMismatch(AbstractRule):
    """One summand of the loss is a mean over all numbers, the other a sum: it drowns the first.

    ## What it looks for
    The reductions of a loss's summands on the autograd graph: an error that is a mean over rows and
    numbers of a row, beside a sum over as many rows that is divided by their number at most, or a
    mean over rows of what was summed over each, in a run whose loss ends where a constant answer's
    first summand alone is: the sum has been driven to nothing. A note where a factor makes up for a
    part of it, and the loss ends there exactly. Classes that a row's answer is picked from, or that
    are weighed by shares, are one number: a cross entropy beside a divergence of a teacher's shares
    is meant.

    ## Why it matters
    Both terms of a variational bound are sums over a row's numbers. The mean of the error divides
    it by the size of a picture, so that the other term weighs hundreds of times more: the code
    collapses to the prior, and the decoder learns the mean picture.

    ## Example
    `the error is a mean over 32 × 784 numbers, beside a sum over 32 × 20 (vae.py:40): per row the
    sum weighs 784 times more; the loss is 0.231, a constant answer gives 0.229`

    ## What to try
    - `reduction="sum"` for the error, and both divided by the number of rows
    - a factor before the sum: 1 / numbers of a row

    ## When it is wrong
    A weight that high on purpose.

    ## References
    - Kingma & Welling, "Auto-encoding variational Bayes", 1312.6114, appendix B
    - Higgins et al., "beta-VAE" (2017), 4.2: the weight normalised by the sizes of input and code
    """

    name = "loss-reduction-mismatch"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        weight: float = threshold(8.0, "numbers of a row", "smaller rows hide no term")
        share: float = threshold(
            0.9, "last loss / a constant answer's first summand", "nothing of it was explained"
        )
        above: float = threshold(
            1.25, "the same", "a sum that lasts beside it was not driven to nothing"
        )
        rest: float = threshold(
            0.05, "of the same, it moves and is away from it", "at rest there, not passing by"
        )
        steps: float = threshold(50, "steps", "fewer have learned nothing yet")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        loss, trend = state.loss, state.trend
        if loss is None or trend is None or state.steps < self.limits.steps:
            return []
        pair = _mismatch(loss)
        baseline = first_term_baseline(loss)
        if pair is None or baseline is None:
            return []
        error, other, weight = pair
        baseline *= error["scale"]
        if not self.limits.share * baseline <= trend.last <= self.limits.above * baseline:
            return []
        if math.prod(_numbers(error)[1:]) < self.limits.weight or weight <= 1.0:
            return []
        # A factor that makes up for a part may be meant, and an error of another kind passes by.
        part = weight < self.limits.weight
        if (part or "row_sums" in other) and not self._rests(trend, baseline):
            return []
        return [
            Finding(
                rule=self.name,
                severity="note" if part else "warning",
                confidence=confidence(0.6, 0.9, beyond(weight, self.limits.weight, 500.0)),
                message=(
                    f"the error is a mean over {_sizes(error)} numbers, beside a sum over "
                    f"{_sizes(other)}{at(loss.source)}: per row the sum weighs {figure(weight)} "
                    f"times more; the loss is {figure(trend.last)}, a constant answer gives "
                    f"{figure(baseline)}; sum both over a row's numbers, or neither"
                ),
                source=loss.source,
                steps=whole_run(record),
                evidence={"weight": weight, "last": trend.last, "constant_answer": baseline},
            )
        ]

    def _rests(self, trend: Trend, baseline: float) -> bool:
        """Whether the loss ends at what a constant answer gives, and stays there."""
        near = self.limits.rest * baseline
        moves = abs(trend.slope) * trend.count / 2.0
        return abs(trend.last - baseline) <= near and moves <= near


def _mismatch(loss: Loss) -> tuple[Mapping[str, Any], Mapping[str, Any], float] | None:
    """The mean, the sum beside it, and how much more the sum weighs for each row."""
    rows = loss.output_shape[0] if loss.output_shape else 0
    told = [s for s in loss.summands if not s.get("squares_of")]  # of parameters: none of rows
    errors = [s for s in told if s["reduction"] == "mean" and len(_numbers(s)) >= 2]
    # A mean over rows of what was summed over each is the same sum, divided by their number.
    told_as_sums = [
        {**s, "reduction": "sum", "shape": s["row_sums"], "scale": s["row_scale"]}
        for s in told
        if "row_sums" in s
    ]
    sums = [s for s in told if s["reduction"] == "sum"] + told_as_sums
    sums = [s for s in sums if s["shape"][:1] == [rows]]
    # Shares of classes weigh what is summed: of one answer a row that is a mean by itself.
    sums = [s for s in sums if _numbers(s) == s["shape"] or len(_numbers(s)) >= 2]
    for error in errors:
        for other in sums:
            inside = math.prod(_numbers(error)[1:])
            # Of a row: the error counts scale / (rows × inside), the sum its scale.
            scale = error["scale"] / (rows * inside)
            if rows > 1 and error["shape"][0] == rows and scale > 0.0:
                return error, other, float(other["scale"] / scale)
    return None


def _numbers(summand: Mapping[str, Any]) -> list[int]:
    """The shape that was reduced without the axis of classes, which are one answer."""
    shape = list(summand["shape"])
    if summand.get("kind") == "nll":
        return shape[:1] + shape[2:]
    axis = summand.get("classes") if summand["reduction"] == "sum" else None
    return [size for place, size in enumerate(shape) if place != axis]


def _sizes(summand: Mapping[str, Any]) -> str:
    return " × ".join(str(size) for size in summand["shape"])

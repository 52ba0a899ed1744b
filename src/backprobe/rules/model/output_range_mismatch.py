# SPDX-License-Identifier: Apache-2.0
"""Targets that the output activation cannot reach."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import at_most_warning, severity_by_harm, severity_of_mistake
from backprobe.rules.model.bounded_logits import bounded_logits
from backprobe.rules.model.softmax_totals import other_totals
from backprobe.rules.outputs import output_place
from backprobe.rules.wording import a, at, figure, percent
from backprobe.signals.baseline import number
from backprobe.signals.losses import REGRESSION
from backprobe.signals.progress import progress
from backprobe.signals.reach import errors_beside, reach

SQUASHED = ("relu", "tanh", "hardtanh", "softplus", "elu", "gelu", "silu", "clamp")
"""Activations that class scores do not want; sigmoid and softmax have rules of their own."""

CUT = ("relu", "hardtanh", "clamp")
"""Those of them whose derivative is zero beyond their ends."""


class OutputRangeMismatch(AbstractRule):
    """The last activation is bounded, and targets lie outside its range.

    ## What it looks for
    The activation before a regression loss on the autograd graph (sigmoid, tanh, ReLU, softmax, a
    clamp …), its range, and the smallest and largest target seen. Logits of yes or no whose range
    keeps the loss from falling below a good part of a constant answer's. Also a softmax under a
    squared error or binary cross entropy whose targets' rows add up to another total than one
    (several labels, or none), and class scores that pass a ReLU, a tanh or a clamp before cross
    entropy, unless its ends are so far apart that they cost next to nothing. A range counts only
    where nothing scales or shifts it on its way to the loss.

    ## Why it matters
    Targets outside the range cost the same however long the network trains, and drive the
    activation to its end, where its derivative is zero. Softmax gives shares of a whole: where
    several labels are right, or none is, they cannot all be near one or near zero.

    ## Example
    `the targets run from -2.1 to 3.4, but the output passes a relu (net.py:30) and cannot fall
    below 0: 38 % of their span is out of reach`

    ## What to try
    - `drop-output-activation`: a regression's last layer is linear
    - scale the targets into the range
    - `swap-loss=bce-with-logits`: suits labels of which several may be right

    ## When it is wrong
    Outliers that are meant to be cut off. Scores of yes or no that are only ranked.

    ## References
    - Bishop, "Pattern Recognition and Machine Learning" (2006), 5.2: output activations by task
    """

    name = "output-range-mismatch"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        costs: float = threshold(
            0.01, "least loss / a constant answer's", "a clamp at ±5 costs 0.01 % of four classes"
        )
        outside: float = threshold(
            0.1, "share of the targets' span out of reach", "outliers are less"
        )
        decisive: float = threshold(
            0.4, "share of the targets' span out of reach", "nearly half of it"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a loss."""
        found = []
        for loss in record.losses:
            parts = (self._range(record, part, beside=True) for part in errors_beside(loss))
            found += [part for part in parts if part is not None]
            other = (
                other_totals(record, self.name, loss)
                or self._scores(record, loss)
                or bounded_logits(record, self.name, loss)
            )
            if other is not None:
                found.append(other)
                continue
            if (one := self._range(record, loss)) is not None:
                found.append(one)
        return found

    def _range(self, record: Record, loss: Loss, beside: bool = False) -> Finding | None:
        """Targets of a regression that lie out of reach, of a further summand only far out.

        Of that the first targets are known, which a network may have made: a codebook, a teacher.
        """
        given = reach(loss)
        kind, bottom, top = given.kind, given.low, given.high
        low, high = _ends(loss)
        if loss.kind not in REGRESSION or not kind or low is None or high is None:
            return None
        span = high - low
        missed = max(0.0, bottom - low) + max(0.0, high - top)
        share = min(1.0, missed / span) if span > 0.0 else float(missed > 0.0)
        if share < (self.limits.decisive if beside else self.limits.outside):
            return None
        if beside and not math.isfinite(top - bottom):
            return None
        state = progress(record)
        where, source = output_place(record, loss, kind)
        ends = f"{figure(bottom)} to {figure(top)}".replace("-infinity to", "at most")
        ends = ends.replace(" to infinity", " and more")
        grave = share >= self.limits.decisive
        severity = severity_of_mistake(record) if grave else severity_by_harm(state)
        if severity == "note" and grave and not state.healthy:
            severity = "warning"
        if beside:
            severity = at_most_warning(severity)
        return Finding(
            rule=self.name,
            severity=severity,
            confidence=confidence(
                0.6,
                0.98,
                between(share, self.limits.outside, self.limits.decisive),
                state.hurt,
            ),
            message=(
                f"the targets run from {figure(low)} to {figure(high)}, but the output "
                f"passes {a(kind)}{at(source)} that gives {ends}: {percent(share)} of their "
                "span is out of reach"
            ),
            where=where,
            source=source or loss.source,
            evidence={
                "activation": kind,
                "target_min": low,
                "target_max": high,
                "share_out_of_reach": share,
            },
            treatments=("drop-output-activation", "standardize-targets"),
        )

    def _scores(self, record: Record, loss: Loss) -> Finding | None:
        """Class scores that an activation cuts off on their way to the cross entropy."""
        given = reach(loss)
        kind, bottom, top = given.kind, given.low, given.high
        if loss.kind != "cross_entropy" or kind not in SQUASHED or bottom == -math.inf:
            return None
        state = progress(record)
        where, source = output_place(record, loss, kind)
        floor = math.log1p((loss.classes - 1) * math.exp(bottom - top)) if loss.classes else 0.0
        cut = kind in CUT
        if 0.0 < floor < self.limits.costs * math.log(loss.classes):
            return None  # room enough on both sides: it keeps a loss finite
        what = (
            f"the loss cannot fall below {figure(floor)}"
            if floor > 0.0
            else "a class whose score falls below 0 gets no gradient any more"
            if cut
            else f"no score falls below {figure(bottom)}, however wrong its class is"
        )
        return Finding(
            rule=self.name,
            # A smooth bend before an open top leaves each score its gradient.
            severity=severity_of_mistake(record)
            if cut or floor > 0.0
            else at_most_warning(severity_by_harm(state)),
            confidence=confidence(0.55, 0.95, between(floor, 0.0, 0.5), state.hurt),
            message=(
                f"the scores of {loss.classes} classes pass {a(kind)}{at(source)} before cross "
                f"entropy, which takes any number: {what}; {state.in_words()}"
            ),
            where=where,
            source=source or loss.source,
            evidence={"activation": kind, "classes": loss.classes, "floor": floor},
            treatments=("drop-output-activation",),
        )


def _ends(loss: Loss) -> tuple[float | None, float | None]:
    """The smallest and the largest target, where only a part is known of that."""
    low, high = number(loss.target, "min"), number(loss.target, "max")
    if low is None or high is None:
        return number(loss.output, "target_least"), number(loss.output, "target_most")
    return low, high

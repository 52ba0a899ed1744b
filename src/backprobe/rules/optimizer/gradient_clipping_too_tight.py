# SPDX-License-Identifier: Apache-2.0
"""Clipping that leaves nothing of the gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, observed_steps, seen, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS
from backprobe.rules.wording import at, figure, percent, plural
from backprobe.signals.layers import layers
from backprobe.signals.lines import line_of
from backprobe.signals.progress import progress
from backprobe.signals.updates import NORMAL_HIGH, NORMAL_LOW, update_ratios


class GradientClippingTooTight(AbstractRule):
    """Every step's gradient is clipped to a small part of itself, so that the run crawls.

    ## What it looks for
    The global norm before the user's clipping against the norm that the optimizer gets, under
    optimizers whose step is proportional to the gradient; or gradients whose largest elements are
    one and the same number in all layers, as a hook leaves them. Clipping the rare spike is good
    practice and stays silent, as does tight clipping under Adam, which divides it out again.

    ## Why it matters
    A gradient clipped a hundredfold at each step is a learning rate divided by a hundred, and all
    steps have the same length: the run neither moves far nor settles.

    ## Example
    `100 % of 300 steps are clipped, to 0.0021 of their gradient's norm (median); a step moves the
    weights by 0.0001 of their size, normal is 0.0018–0.011`

    ## What to try
    - a clipping norm at the 90th percentile of the norms seen
    - `scale-lr=10`: the same effect

    ## When it is wrong
    Differentially private training clips by design.

    ## References
    - Godbole et al., "Deep Learning Tuning Playbook" (2023): clip at the 90th percentile; if more
      than half of the steps clip, lower the rate instead
    """

    name = "gradient-clipping-too-tight"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(
            0.9, "fraction of the steps", "the playbook: more than half is too much"
        )
        cut: float = threshold(0.8, "share of elements cut by value", "a few outliers are meant")
        extremes: float = threshold(
            30, "gradients of layers at steps", "two that agree may do so by chance"
        )
        left: float = threshold(
            0.05, "norm after / before, median", "a twentieth of the step is left"
        )
        left_slow: float = threshold(
            0.15, "the same, of a run that learns too little by steps below normal", "a seventh"
        )
        decisive: float = threshold(0.002, "norm after / before, median", "the rate divided by 500")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        before = record.steps.numbers("clip_norm")
        after = record.steps.numbers("grad_norm")
        cut = record.steps.numbers("clip_share")
        cut = cut[np.isfinite(cut)]
        by_value = cut.size >= 5
        if by_value and float(np.median(cut)) >= self.limits.cut and not _adaptive(record):
            return self._by_value(record, float(np.median(cut)), cut.size)
        known = np.isfinite(before) & np.isfinite(after) & (before > 0.0) & (after > 0.0)
        if _adaptive(record):
            return []
        if int(known.sum()) < 5:
            return self._at_one_size(record)
        ratio = after[known] / before[known]
        share, left = float((ratio < 0.95).mean()), float(np.median(ratio))
        state, line = progress(record), line_of(record, "clipping")
        sizes = [x.typical for x in update_ratios(record, layers(record))]
        step = float(np.median(sizes)) if sizes else float("nan")
        crawls = step < NORMAL_LOW or state.hurt >= HURTS
        slow = step < NORMAL_LOW and state.hurt >= HURTS
        most = self.limits.left_slow if slow else self.limits.left
        if share < self.limits.share or left > most or not crawls:
            return []
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.55,
                    0.95,
                    beyond(left, most, self.limits.decisive),
                    between(share, self.limits.share, 1.0),
                ),
                message=(
                    f"{percent(share)} of {plural(int(known.sum()), 'observed step')} are "
                    f"clipped{at(line)}, to "
                    f"{figure(left)} of their gradient's norm{' by value' if by_value else ''} "
                    "(median); a step moves the "
                    "weights by "
                    f"{figure(step)} of their size, normal is {figure(NORMAL_LOW)}–"
                    f"{figure(NORMAL_HIGH)}; {state.in_words()}"
                ),
                source=line,
                steps=seen(record.steps.numbers("step")[known][[0, -1]]),
                evidence={"share": share, "left": left, "update_ratio": step},
                treatments=("clip-gradients=10", "scale-lr=10"),
            )
        ]

    def _at_one_size(self, record: Record) -> list[Finding]:
        """The largest elements of all gradients are one and the same number: a hook cuts there."""
        series = record.parameters_series.values
        ends = [series[k].astype(np.float64) for k in ("grad_min", "grad_max") if k in series]
        if len(ends) < 2:
            return []
        largest = np.fmax(np.abs(ends[0]), np.abs(ends[1]))
        largest = largest[np.isfinite(largest) & (largest > 0.0)]
        if largest.size < self.limits.extremes:
            return []
        at = float(np.median(largest))
        share = float(np.isclose(largest, at, rtol=1e-5, atol=0.0).mean())
        state = progress(record)
        if share < self.limits.share or state.hurt < HURTS:
            return []
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(0.65, 0.92, between(share, self.limits.share, 1.0)),
                message=(
                    f"the largest element of {percent(share)} of the gradients is {figure(at)}, of "
                    "whatever layer and step: something cuts them off there (a hook?); "
                    f"{state.in_words()}"
                ),
                steps=observed_steps(record),
                evidence={"cut_at": at, "share": share},
                treatments=("scale-lr=10",),
            )
        ]

    def _by_value(self, record: Record, share: float, steps: int) -> list[Finding]:
        """Nearly every element of the gradient is cut to one and the same size."""
        state, line = progress(record), line_of(record, "clipping")
        sizes = [x.typical for x in update_ratios(record, layers(record))]
        step = float(np.median(sizes)) if sizes else float("nan")
        limit = record.steps.numbers("clip_limit")
        limit = limit[np.isfinite(limit)]
        if not (step < NORMAL_LOW or state.hurt >= HURTS):
            return []
        to = f" to {figure(float(np.median(limit)))}" if limit.size else ""
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(0.55, 0.9, between(share, self.limits.cut, 1.0), state.hurt),
                message=(
                    f"clipping by value{at(line)} cuts {percent(share)} of the gradient's "
                    f"elements{to} "
                    f"({plural(steps, 'observed step')}, median); a step moves the weights by "
                    f"{figure(step)} of their size, normal is {figure(NORMAL_LOW)}–"
                    f"{figure(NORMAL_HIGH)}; {state.in_words()}"
                ),
                source=line,
                steps=whole_run(record),
                evidence={"cut": share, "update_ratio": step},
                treatments=("clip-gradients=10", "scale-lr=10"),
            )
        ]


def _adaptive(record: Record) -> bool:
    return any("Ada" in o.type or "RMSprop" in o.type for o in record.optimizers)

# SPDX-License-Identifier: Apache-2.0
"""Steps so large that they undo each other."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS, answers_well, leaves_much, severity_by_harm
from backprobe.rules.optimizer.overshoot import (
    early_growth,
    early_spike,
    fading,
    grew_or_broke_early,
    growth_to_overflow,
    largest_step,
    median_cosine,
    rises,
    rose,
    units_died,
)
from backprobe.rules.wording import at, figure, times
from backprobe.signals.progress import progress
from backprobe.signals.updates import NORMAL_HIGH, NORMAL_LOW

SUMMED = 4
"""Backward passes or rows from which it matters whether they are summed or averaged."""


class LearningRateTooHigh(AbstractRule):
    """Each step moves the weights so far that the loss does not follow its gradient.

    ## What it looks for
    A run that diverges, jumps or stays at the trivial loss, whose loss rose at once, together with
    marks of large steps: the largest update of a weight matrix in the first steps relative to the
    weight, weights that grew several-fold, rectifiers that died, successive gradients that point
    against each other, or a gradient that reached the first layers before the first update and no
    more after it (or lost more by the steps than by the initial weights). Weights that the first
    steps draw anew need a small rise of the loss only: one that begins at a constant answer's has
    hardly more to lose. Under plain SGD it tells where accumulated passes, or the rows of a batch,
    are summed instead of averaged: the rate is that many times higher then.

    ## Why it matters
    A gradient holds for a small step only. Beyond about 2 / curvature each step overshoots further
    than the last; units die on the way and do not come back.

    ## Example
    `the first steps move the weights by 1.7 of their size, normal is 0.0018–0.011; the loss went
    from 2.31 to 2.42 (a constant answer: 2.30); SGD's lr is 5 (train.py:20)`

    ## What to try
    - `normalize-gradient-sum`: suits accumulation whose loss is not divided
    - `reduction="mean"`: suits a loss that is summed over its rows
    - `scale-lr=0.1`, then `scale-lr=0.01`
    - warm-up over the first steps: suits Adam and Transformers

    ## When it is wrong
    Data or weights in large units have the same marks: their findings then rank above this one.
    Adam's first step is lr · sqrt(3 · fan-in) of a default-initialised weight by construction.

    ## References
    - Cohen et al., "Gradient descent on neural networks typically occurs at the edge of stability",
      2103.00065
    - cs231n notes, "Neural Networks part 3": ratio of weights to updates
    """

    name = "learning-rate-too-high"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        step: float = threshold(
            0.1, "largest early update RMS / weight RMS", "TheDeepChecker; best lr: 0.002 to 0.011"
        )
        step_adaptive: float = threshold(
            0.3, "largest early update RMS / weight RMS", "Adam at 1e-3 and 4096 inputs: 0.11"
        )
        step_decisive: float = threshold(1.0, "ratio", "the step replaces the weight")
        weight_growth: float = threshold(
            2.0, "largest weight RMS in the first 20 steps / initial", "healthy: below 1.5"
        )
        cosine: float = threshold(-0.1, "cosine of successive gradients", "best lr: -0.03 to 0.28")
        spike: float = threshold(
            1.5, "largest / first loss in the first steps", "healthy: below 1.3 in most runs"
        )
        jump: float = threshold(1.3, "largest / first loss in the first steps", "a rise, not noise")
        far: float = threshold(2.0, "the same", "no healthy run doubles its loss at once")
        well: float = threshold(
            0.8, "share of the trivial loss taken away", "above, it got over its beginning"
        )
        overflow: float = threshold(
            1e3, "last finite / first losses", "a domain error breaks at a normal loss"
        )
        replaced: float = threshold(
            0.5, "of the marks of step and growth", "half way to what is decisive, in both"
        )
        faded: float = threshold(
            30.0,
            "gradient's shrinkage, first steps / very first",
            "nine of ten healthy runs: below 1.5",
        )
        died: float = threshold(0.3, "fraction of units", "10x the best lr kills half of them")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        if state.trend is None or state.state == "short":
            return []
        adaptive = any("Ada" in o.type or "RMSprop" in o.type for o in record.optimizers)
        limit = self.limits.step_adaptive if adaptive else self.limits.step
        step, growth = largest_step(record, 10), early_growth(record)
        if state.failed and state.state != "nonfinite" and rises(record):
            # A warm-up hides a rate that is too high until later.
            step = max(step, largest_step(record, None))
        cosine, died = median_cosine(record), units_died(record)
        marks = {
            "step": beyond(step, limit, self.limits.step_decisive * (3 if adaptive else 1)),
            "growth": beyond(growth, self.limits.weight_growth, 10.0),
            "cosine": between(cosine, self.limits.cosine, -0.6),
            "died": between(died, self.limits.died, 0.9),
        }
        faded = fading(record)
        marks["faded"] = beyond(faded, self.limits.faded, 3000.0)
        overflow = growth_to_overflow(record, state)
        marks["overflow"] = beyond(overflow, self.limits.overflow, 1e9)
        # Gradients that alternate confirm large steps; plateaus and valleys have them too.
        strongest = max(value for name, value in marks.items() if name != "cosine")
        if strongest <= 0.0 or (state.state == "nonfinite" and not grew_or_broke_early(state)):
            return []
        severity = severity_by_harm(state)
        if state.state == "unknown":
            # Of a policy's or a GAN's loss nothing is to be read: only weights that are replaced
            # at once, and keep what replaced them, tell.
            if min(marks["step"], marks["growth"]) < self.limits.replaced:
                return []
            severity = "warning"
        spike = early_spike(record)
        if state.failed and state.trend.start > 0.0 and rises(record):
            spike = max(spike, state.trend.worst / state.trend.start)
        # Weights that were replaced, and stayed so, or that pass no gradient any more, need no rise
        # of the loss to confirm it; a small one, as of a loss that began at a constant answer's and
        # came back to it, confirms that they were nearly.
        risen = rose(record)
        drawn_anew = min(marks["step"], marks["growth"])
        replaced = drawn_anew >= (self.limits.replaced if risen else 1.0)
        told = 1.0 if risen and replaced else self.limits.spike
        wrecked = replaced or marks["faded"] > 0.0
        calm = state.state != "nonfinite" and spike < self.limits.spike and not wrecked
        if state.hurt >= HURTS and calm:
            return []  # a step that overshoots makes the loss rise at once: this run's never did
        if state.hurt < HURTS and state.state != "unknown":
            # The run learns. Worth reading is a step that replaces the weights, or one that is too
            # large by its size and by what it did to the loss.
            jumped = max(marks["step"], marks["growth"]) > 0.0 and spike >= self.limits.jump
            if marks["step"] < 1.0 and not jumped:
                return []
            poor = state.explained < self.limits.well and not answers_well(record)
            if jumped and poor and spike >= self.limits.far and math.isfinite(spike):
                severity = "warning"
            if drawn_anew >= self.limits.replaced and leaves_much(record):
                severity = "warning"  # the first steps drew the weights anew: nobody means that
        elif state.state == "learning" and max(marks["step"], marks["growth"]) <= 0.0:
            return []
        optimizer = record.optimizers[0] if record.optimizers else None
        source = optimizer.source if optimizer else None
        lr = _first_lr(record)
        parts = []
        if marks["step"] > 0:
            parts.append(
                f"the first steps move the weights by {figure(step)} of their size, normal is "
                f"{figure(NORMAL_LOW)}–{figure(NORMAL_HIGH)}"
            )
        if marks["growth"] > 0:
            parts.append(f"the weights grew {figure(growth)}-fold within the first steps")
        if marks["faded"] > 0:
            parts.append(
                "the gradient reached the first layers at the first step; within the next ones it "
                f"became {times(faded)} smaller there, measured by the last layers'"
            )
        if marks["died"] > 0:
            parts.append(f"{figure(100 * died)} % of a layer's units died while training")
        if marks["cosine"] > 0:
            parts.append(
                f"successive gradients point against each other (cosine {figure(cosine)}, "
                "normal is 0 to 0.3)"
            )
        if marks["overflow"] > 0:
            parts.append(f"the loss grew {times(overflow)}, step by step, until it overflowed")
        elif told <= spike < math.inf and state.state != "unknown":
            parts.append(f"the loss rose to {figure(spike)} times its first value at once")
        if state.state != "unknown":
            parts.append(state.in_words())
        if lr == lr:
            parts.append(f"{optimizer.type if optimizer else 'the'} lr is {figure(lr)}{at(source)}")
        summed, undone = ("", ()) if adaptive else _summed(record)
        if summed:
            parts.append(summed)
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(
                    0.45, 0.92, strongest, state.hurt, max(strongest, marks["cosine"])
                ),
                message="; ".join(parts),
                source=source,
                steps=whole_run(record),
                evidence={
                    "early_update_ratio": _finite(step),
                    "weight_growth": _finite(growth),
                    "gradient_cosine": _finite(cosine),
                    "died": _finite(died),
                    "lr": _finite(lr),
                    "spike": _finite(spike),
                    "outcome": state.state,
                },
                treatments=(*undone, "scale-lr=0.1", "scale-lr=0.01"),
            )
        ]


def _summed(record: Record) -> tuple[str, tuple[str, ...]]:
    """What makes the gradient a sum where a rate is meant for a mean, and what undoes it."""
    loss = progress(record).loss
    if loss is None or np.isfinite(record.steps.numbers("scale")).any():
        return "", ()  # a GradScaler's factor hides the script's own
    passes = record.steps.numbers("backwards")
    passes = passes[np.isfinite(passes) & (passes > 0.0)]
    count = int(np.median(passes)) if passes.size else 1
    if count >= SUMMED and loss.scale > 0.5:
        return (
            f"the gradients of {count} backward passes a step are summed{at(loss.source)}, and the "
            f"loss is not divided by {count}",
            ("normalize-gradient-sum",),
        )
    numbers = math.prod(loss.loss_shape[:1])
    if loss.reduction == "sum" and numbers >= SUMMED and loss.scale > 0.5:
        return f"the loss is a sum over {numbers} rows{at(loss.source)}, not a mean", ()
    return "", ()


def _first_lr(record: Record) -> float:
    values = record.steps.numbers("lr")
    values = values[np.isfinite(values)]
    return float(values.max()) if values.size else math.nan


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

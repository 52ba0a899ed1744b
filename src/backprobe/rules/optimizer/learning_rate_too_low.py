# SPDX-License-Identifier: Apache-2.0
"""Steps so small that the run ends before it has learned."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Optimizer, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS
from backprobe.rules.wording import at, figure
from backprobe.signals.generalisation import told_score
from backprobe.signals.gradient_flow import gradient_flow
from backprobe.signals.layers import layers
from backprobe.signals.loaded import loaded_over
from backprobe.signals.progress import progress
from backprobe.signals.updates import NORMAL_HIGH, NORMAL_LOW, update_ratios

HIGHER = 10.0
"""Times another group's rate that tells a group for parts of another kind; a habit is ten."""
POOR = 0.5
"""A score, of at most 1, that no network is content with: most of what can be known is missing."""


class LearningRateTooLow(AbstractRule):
    """Every layer moves so little a step that the run ends before it has learned.

    ## What it looks for
    The update of each weight matrix relative to the weight: small in *all* layers, not only in the
    first ones, in a run that has learned too little, was still falling fast when it ended, or whose
    own held-out score is poor although it began from scratch.
    Successive gradients that point the same way confirm it. Or a group of the optimizer that was
    given a rate ten times the others' and holds no tensor: the filter that should fill it missed.

    ## Why it matters
    With steps of a hundred-thousandth it takes a hundred thousand steps to change a weight by its
    own size.

    ## Example
    `a step moves the weights by 0.00001 of their size (at most 0.00004 in any layer), normal is
    0.0018–0.011; the loss went from 2.31 to 2.28 and was still falling; Adam's lr is 1e-6`

    ## What to try
    - `scale-lr=10`, then `scale-lr=100`
    - `swap-optimizer=adam`: suits plain SGD on badly scaled problems

    ## When it is wrong
    Fine-tuning takes small steps on purpose, and learns: it stays silent. A group may be empty
    because this model has none of the parts that it is for: then a note is all that is told.

    ## References
    - cs231n notes, "Neural Networks part 3": ratio of weights to updates about 1e-3
    - measured over 11 tasks: 5.4e-3 at the best learning rate, 2.4e-4 at a hundredth of it
    """

    name = "learning-rate-too-low"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        step: float = threshold(
            4e-4,
            "median over layers of update RMS / weight RMS",
            "a hundredth of the best lr: 2.4e-4",
        )
        step_decisive: float = threshold(2e-5, "ratio", "a thousandth of the best lr")
        largest: float = threshold(
            1.5e-3, "largest layer's ratio", "below the normal range everywhere"
        )
        crawls: float = threshold(
            2.5, "times the two ratios above", "half of normal, where the loss still falls"
        )
        even: float = threshold(
            0.1, "smallest layer's ratio / median", "the layers move alike, whatever reaches them"
        )
        cosine: float = threshold(0.3, "cosine of successive gradients", "best lr: below 0.28")
        remaining: float = threshold(
            0.25, "fall at the final slope over as many steps again / last loss", "far from the end"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        trend = state.trend
        if trend is None or state.state not in ("stuck", "learning", "learned"):
            return []
        if (empty := _empty_group(record)) is not None:
            return [self._missed(record, *empty)]
        ratios = [x for x in update_ratios(record, layers(record)) if x.layer.weight.requires_grad]
        sizes = [max(x.early, x.typical) for x in ratios]
        if not sizes or max(sizes) == 0.0:
            return []
        step, largest = float(np.median(sizes)), max(sizes)
        # A run that learned next to nothing and still falls was slow, not stuck.
        crawls = state.hurt >= HURTS and trend.still_falling and trend.fell
        factor = self.limits.crawls if crawls else 1.0
        if step > factor * self.limits.step or largest > factor * self.limits.largest:
            return []
        remaining = -trend.slope * trend.count / abs(trend.last) if trend.last else 0.0
        unfinished = trend.still_falling and remaining >= self.limits.remaining
        poor = trend.still_falling and _poor(record)
        if state.hurt < HURTS and not unfinished and not poor:
            return []
        flow = gradient_flow(record, layers(record))
        arrives = min(sizes) > self.limits.even * step  # Adam steps alike under any gradient
        if state.state == "stuck" and flow is not None and flow.shrinkage > 1e3 and not arrives:
            return []  # the gradient does not arrive: a larger rate would not reach it either
        cosine = _cosine(record)
        lrs = record.steps.numbers("lr")
        lrs = lrs[np.isfinite(lrs)]
        lr = float(lrs.max()) if lrs.size else math.nan
        optimizer = record.optimizers[0] if record.optimizers else None
        source = optimizer.source if optimizer else None
        message = (
            f"a step moves the weights by {figure(step)} of their size (at most {figure(largest)} "
            f"in any layer), normal is {figure(NORMAL_LOW)}–{figure(NORMAL_HIGH)}; "
            f"{state.in_words()}"
        )
        if trend.still_falling:
            message += " and was still falling"
        if lr == lr:
            message += f"; {optimizer.type if optimizer else 'the'} lr is {figure(lr)}{at(source)}"
        return [
            Finding(
                rule=self.name,
                severity="warning" if state.hurt >= HURTS or step < 1e-4 or poor else "note",
                confidence=confidence(
                    0.5,
                    0.95,
                    beyond(step, factor * self.limits.step, self.limits.step_decisive),
                    1.0 if trend.still_falling else 0.0,
                    between(cosine, self.limits.cosine, 0.8),
                ),
                message=message,
                source=source,
                steps=whole_run(record),
                evidence={
                    "update_ratio": step,
                    "largest_update_ratio": largest,
                    "gradient_cosine": cosine if math.isfinite(cosine) else None,
                    "still_falling": trend.still_falling,
                    "lr": lr if math.isfinite(lr) else None,
                },
                treatments=("scale-lr=10", "scale-lr=100", "swap-optimizer=adam"),
            )
        ]

    def _missed(self, record: Record, optimizer: Optimizer, meant: float, taken: float) -> Finding:
        """All is in the groups with small steps."""
        state = progress(record)
        hurts = state.hurt >= HURTS or _poor(record)
        count = sum(int(group["tensors"]) for group in optimizer.groups)
        return Finding(
            rule=self.name,
            severity="warning" if hurts else "note",
            confidence=confidence(0.5, 0.9, 1.0 if hurts else 0.0, beyond(meant / taken, 10, 1e3)),
            message=(
                f"the group of {optimizer.type} with lr {figure(meant)}{at(optimizer.source)} "
                f"holds no tensor: all {count} take steps of lr {figure(taken)}; {state.in_words()}"
            ),
            where=_new_in(record, optimizer),
            source=optimizer.source,
            steps=whole_run(record),
            evidence={"lr": taken, "lr_of_empty_group": meant, "tensors": count},
            treatments=("scale-lr=10", "scale-lr=100"),
        )


def _empty_group(record: Record) -> tuple[Optimizer, float, float] | None:
    """An optimizer with a group that holds nothing, its rate, and the highest that is taken."""
    for optimizer in record.optimizers:
        held = [float(g.get("lr", 0.0)) for g in optimizer.groups if g.get("tensors", 0)]
        empty = [float(g.get("lr", 0.0)) for g in optimizer.groups if g.get("tensors", 1) == 0]
        if held and empty and 0.0 < HIGHER * max(held) <= max(empty):
            return optimizer, max(empty), max(held)
    return None


def _new_in(record: Record, optimizer: Optimizer) -> tuple[str, ...]:
    """Modules that an optimizer is the first to train, where others trained some of its own."""
    roots = {module.index: module.root for module in record.modules}
    names = {module.index: module.name for module in record.modules}
    others = {roots.get(p.module) for p in record.parameters if 0 <= p.optimizer < optimizer.index}
    mine = [p.module for p in record.parameters if p.optimizer == optimizer.index]
    new = dict.fromkeys(names[m] for m in mine if m in names and roots[m] not in others)
    return tuple(new) if len(new) < len({m for m in mine if m in names}) else ()


def _poor(record: Record) -> bool:
    """Whether the script's own held-out score is poor, of a network that began from scratch."""
    return told_score(record) < POOR and not loaded_over(record)


def _cosine(record: Record) -> float:
    values = record.parameters_series.values.get("grad_cosine")
    if values is None or not np.isfinite(values).any():
        return math.nan
    return float(np.nanmedian(values))

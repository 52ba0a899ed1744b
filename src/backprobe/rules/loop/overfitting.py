# SPDX-License-Identifier: Apache-2.0
"""A network that knows its training rows by heart and little else."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.wording import figure, percent
from backprobe.signals.generalisation import (
    Generalisation,
    generalisation,
    held_out_losses,
    may_tell_rows,
)
from backprobe.signals.progress import progress


class Overfitting(AbstractRule):
    """Training goes on to improve while held-out data gets worse.

    ## What it looks for
    Training accuracy (for squared errors R²) and loss against those of the evaluations that were
    seen, or else that the script logs or prints under names like `val_loss` and `test acc`: a
    held-out loss that has risen far above its own minimum while training fits nearly everything, or
    a wide gap of accuracies.

    ## Why it matters
    The rows that count are those that were not trained on; the last epochs made those worse.

    ## Example
    `the training accuracy is 100 %, the held-out accuracy 61 %; the held-out loss rose from 0.92
    to 2.4`

    ## What to try
    - stop at the lowest held-out loss
    - `weight-decay=0.01`: suits AdamW and SGD
    - `dropout=0.2`: suits models that have dropout layers
    - more data, augmentation, or fewer parameters

    ## When it is wrong
    A held-out loss may rise by overconfidence alone while the accuracy still improves. Where it is
    all that got worse, and about as many held-out rows are right as ever, a note tells. So it does
    where the training accuracy is not known, and how far the loss fell stands for it.

    ## References
    - Prechelt, "Early stopping, but when?" (1998)
    """

    name = "overfitting"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        gap: float = threshold(0.15, "difference of accuracies", "a few points are normal")
        gap_variance: float = threshold(0.3, "difference of R²", "noise counts on one side only")
        gap_decisive: float = threshold(0.4, "difference of either", "most is by heart")
        rise: float = threshold(
            1.3, "last / lowest held-out loss", "noise between evaluations: below 1.1"
        )
        fold: float = threshold(3.0, "held-out / training loss", "healthy: 1 to 2")
        fitted: float = threshold(0.9, "training accuracy", "nearly everything")
        explained: float = threshold(0.7, "share of the trivial loss taken away", "fits well")
        evaluations: float = threshold(3, "held-out losses", "fewer have no course")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state, both = progress(record), generalisation(record)
        limits = self.limits
        if state.trend is None or state.state not in ("learned", "learning"):
            return []
        if state.trend.last < 0.0:
            return []  # a loss without a lower end tells of no fit
        variance = both.unit == "R²"
        known = math.isfinite(both.train) and not variance
        fitted = (
            both.train >= limits.fitted
            if known
            else state.state == "learned" and state.explained >= limits.explained
        )
        limit = limits.gap_variance if variance else limits.gap
        rise, fold = self._rise(record, state.trend.last)
        # What the loss took away stands for an accuracy that is not known at the end.
        train = state.explained if math.isnan(both.train) else both.train
        gap = (train - both.held) * both.span
        # Fewer rows are right than answers: the two say nothing of each other.
        wide = gap >= limit and fitted and not may_tell_rows(record, both)
        # With few evaluations or a noisy one the last may be off: then the best one counts too.
        wide = wide and (train - both.best) * both.span >= limit / 2.0
        risen = rise >= limits.rise and fold >= limits.fold and fitted
        if not (wide or (risen and not gap < limit / 3.0)):
            return []
        # The answers are as good as they ever were: only the shares that it gives them are off.
        sure = not wide and both.unit == "accuracy" and self._kept(record, both)
        # A fall of the loss is no accuracy, and one such number has no course.
        guessed = math.isnan(both.train) and gap < limits.gap_decisive and not risen
        parts = []
        if wide:
            shown = percent if both.unit == "accuracy" else figure
            fit = f"the training {both.unit} is {shown(both.train_value)}"
            parts.append(
                f"{state.in_words() if math.isnan(both.train) else fit}, the held-out {both.unit} "
                f"is {shown(both.held_value)} ({both.source})"
            )
        if risen:
            parts.append(
                f"the held-out loss rose to {figure(rise)} times its minimum and is {figure(fold)} "
                f"times the training loss ({figure(state.trend.last)})"
            )
        if sure:
            parts.append(
                f"about as many held-out rows are right as ever ({percent(both.held_value)}): it "
                "got surer of its errors, not wrong more often"
            )
        return [
            Finding(
                rule=self.name,
                severity="note" if sure or guessed else "warning",
                confidence=confidence(
                    0.5,
                    0.93,
                    max(
                        between(gap, limit, limits.gap_decisive + limit) if wide else 0.0,
                        beyond(rise, limits.rise, 3.0) if risen else 0.0,
                    ),
                    1.0 if wide and risen else 0.4,
                ),
                message="; ".join(parts),
                source=state.source,
                steps=whole_run(record),
                evidence={
                    "gap": gap if math.isfinite(gap) else None,
                    "unit": both.unit,
                    "rise": rise if math.isfinite(rise) else None,
                    "held_out_over_training": fold if math.isfinite(fold) else None,
                },
                treatments=("weight-decay=0.01", "dropout=0.2", "width=0.25"),
            )
        ]

    def _kept(self, record: Record, both: Generalisation) -> bool:
        """Whether the held-out accuracy, where it is known, is about as good as it ever was."""
        lost = (both.best - both.held) * both.span
        return lost < self.limits.gap / 3.0 and not may_tell_rows(record, both)

    def _rise(self, record: Record, training: float) -> tuple[float, float]:
        """Last over lowest held-out loss, and the last over the training loss; NaN unknown."""
        held = held_out_losses(record)
        if held.size < self.limits.evaluations or held.min() <= 0.0 or training <= 0.0:
            return math.nan, math.nan
        return float(held[-1] / held.min()), float(held[-1] / training)

# SPDX-License-Identifier: Apache-2.0
"""A network that knows its training rows by heart and little else."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.wording import figure, percent
from backprobe.signals.held_out import HeldOut, held_out
from backprobe.signals.progress import Progress, progress

_HELD_OUT = ("val", "test", "eval", "valid", "dev")
_FIT = ("train", "fit")


class Overfitting(AbstractRule):
    """Training goes on to improve while held-out data gets worse.

    ## What it looks for
    Training accuracy and loss against those of the evaluations that were seen, and against what the
    script logs under names like `val_loss` and `train_loss`: a held-out loss that has risen far
    above its own minimum while training fits nearly everything, or a wide gap of accuracies.

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
    A held-out loss may rise by overconfidence alone while the accuracy still improves.

    ## References
    - Prechelt, "Early stopping, but when?" (1998)
    """

    name = "overfitting"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        gap: float = threshold(0.15, "difference of accuracies", "a few points are normal")
        gap_decisive: float = threshold(0.4, "difference of accuracies", "most is by heart")
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
        state = progress(record)
        known = held_out(record)
        if state.trend is None or state.state != "learned":
            return []
        held, fit = _curve(record, _HELD_OUT), _curve(record, _FIT)
        gap, rise, fold = self._marks(state, known, held, fit)
        fitted = known.train_accuracy >= self.limits.fitted or (
            math.isnan(known.train_accuracy) and state.explained >= self.limits.explained
        )
        wide = gap >= self.limits.gap and fitted
        risen = rise >= self.limits.rise and fold >= self.limits.fold and fitted
        if not (wide or (risen and not gap < self.limits.gap / 3.0)):
            return []
        parts = []
        if wide:
            parts.append(
                f"the training accuracy is {percent(known.train_accuracy)}, the held-out accuracy "
                f"{percent(known.accuracy)}"
            )
        if risen:
            parts.append(
                f"the held-out loss rose to {figure(rise)} times its minimum and is {figure(fold)} "
                f"times the training loss ({figure(state.trend.last)})"
            )
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.5,
                    0.93,
                    max(
                        between(gap, self.limits.gap, self.limits.gap_decisive) if wide else 0.0,
                        beyond(rise, self.limits.rise, 3.0) if risen else 0.0,
                    ),
                    1.0 if wide and risen else 0.4,
                ),
                message="; ".join(parts),
                source=state.loss.source if state.loss else None,
                steps=seen(record.steps["step"][[0, -1]]),
                evidence={
                    "accuracy_gap": gap if math.isfinite(gap) else None,
                    "rise": rise if math.isfinite(rise) else None,
                    "held_out_over_training": fold if math.isfinite(fold) else None,
                },
                treatments=("weight-decay=0.01", "dropout=0.2"),
            )
        ]

    def _marks(
        self,
        state: Progress,
        known: HeldOut,
        held: NDArray[np.float64],
        fit: NDArray[np.float64],
    ) -> tuple[float, float, float]:
        """Gap of accuracies, rise of the held-out loss, it over the training loss; NaN unknown."""
        gap = known.train_accuracy - known.accuracy
        last = state.trend.last if state.trend is not None else math.nan
        rise = fold = math.nan
        if known.evaluations >= self.limits.evaluations and known.best_loss > 0.0 < last:
            rise, fold = known.loss / known.best_loss, known.loss / last
        if held.size >= self.limits.evaluations and held.min() > 0.0:
            mine = held[-1] / held.min()
            training = fit[-1] if fit.size else last
            if math.isnan(rise) or mine > rise:
                rise = mine
                fold = held[-1] / training if training > 0.0 else math.nan
        return gap, float(rise), float(fold)


def _curve(record: Record, words: tuple[str, ...]) -> NDArray[np.float64]:
    """The values of the loss that the script logs under one of these words; empty where none is."""
    for key, (_, values) in record.history.items():
        name = key.lower().replace("/", "_").replace(".", "_").replace("-", "_")
        if "loss" in name and any(part in words for part in name.split("_")):
            curve = np.asarray(values, np.float64)
            return curve[np.isfinite(curve)]
    return np.zeros(0)

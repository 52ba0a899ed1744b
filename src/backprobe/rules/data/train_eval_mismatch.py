# SPDX-License-Identifier: Apache-2.0
"""Evaluation inputs on another scale than the training inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.data.drifting_rows import drifting_rows
from backprobe.rules.wording import apart, figure
from backprobe.signals.generalisation import generalisation
from backprobe.signals.progress import progress


class TrainEvalMismatch(AbstractRule):
    """The network is judged on inputs of another scale than those it was trained on.

    ## What it looks for
    Mean and deviation of all evaluation batches of the model against those of its training batches,
    far outside the range over which the training batches themselves vary, in a run that does well
    on its training rows and badly on the others.

    ## Why it matters
    A preprocessing step that only one of the two sets goes through (a standardisation, a division
    by 255, an augmentation that ends in a normalisation) makes held-out results look like
    overfitting, and no regularisation helps. An augmentation that writes into the stored rows adds
    up over the passes, until nothing is left of them.

    ## Example
    `training batches have mean 0.01 and std 1.0, evaluation batches mean 0.46 and std 0.08; the
    training accuracy is 93 %, the held-out accuracy 26 %`

    ## What to try
    - one function for both sets, fitted on the training rows only
    - print `x.mean(), x.std()` of a batch of each
    - `img = self.images[i].copy()` before an augmentation with `+=`, `*=` or `img[r] = …`

    ## When it is wrong
    A test of robustness on data that is shifted on purpose; a curriculum that makes the training
    rows ever harder than those of the evaluation.

    ## References
    - Breck et al., "Data validation for machine learning" (MLSys 2019): training–serving skew
    """

    name = "train-eval-mismatch"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        spread: float = threshold(
            2.0, "std of one / std of the other", "augmentations change it by less than half"
        )
        shift: float = threshold(1.0, "difference of means / training std", "a whole deviation")
        range: float = threshold(
            3.0, "distance from the training batches / their own range", "no batch comes near"
        )
        batches: float = threshold(5, "training batches", "fewer have no range")
        gap: float = threshold(
            0.15, "skill on training rows − on others", "no more than overfitting is common"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        return self._scales(record) or drifting_rows(record, self.name)

    def _scales(self, record: Record) -> list[Finding]:
        """Two sets that lie far apart."""
        state, both = progress(record), generalisation(record)
        if not both.train - both.held >= self.limits.gap or state.loss is None:
            return []
        table = record.batches
        own = table.numbers("model") == float(state.loss.model)
        evaluation = table.numbers("evaluation") == 1.0
        usable = own & (table.numbers("integer") == 0.0)
        train, judged = np.flatnonzero(usable & ~evaluation), np.flatnonzero(usable & evaluation)
        train = train[train.size // 2 :]  # the later ones: before, it may have learned elsewhere
        if train.size < self.limits.batches or judged.size == 0:
            return []
        mean, std = (table.numbers(k) for k in ("mean", "std"))
        shift, spread = self._apart(mean, std, train, judged)
        if shift < self.limits.shift and spread < self.limits.spread:
            return []
        middle = [float(np.median(x)) for x in (mean[train], std[train], mean[judged], std[judged])]
        return [
            Finding(
                rule=self.name,
                # Where nothing was learnt, other rows are answered as these are: by a constant.
                severity="note" if both.train < self.limits.gap else "warning",
                confidence=confidence(
                    0.6,
                    0.93,
                    max(
                        beyond(shift, self.limits.shift, 10.0),
                        beyond(spread, self.limits.spread, 10.0),
                    ),
                    min(1.0, both.train - both.held),
                ),
                message=(
                    f"training batches have mean {figure(middle[0])} and std {figure(middle[1])}, "
                    f"evaluation batches mean {figure(middle[2])} and std {figure(middle[3])}"
                    f"; {apart(both)}: do both sets go through the same preprocessing?"
                ),
                steps=seen(table.numbers("step")[judged][[0, -1]]),
                evidence={"shift": shift, "spread": spread},
            )
        ]

    def _apart(
        self,
        mean: NDArray[np.float64],
        std: NDArray[np.float64],
        train: NDArray[np.intp],
        judged: NDArray[np.intp],
    ) -> tuple[float, float]:
        """How far the means lie apart and how often one std holds the other; (0, 1): not at all."""
        size = float(np.median(std[train]))
        if not size > 0.0:
            return 0.0, 1.0
        shift, spread = 0.0, 1.0
        if self._outside(mean, train, judged):
            shift = float(np.min(np.abs(mean[judged] - np.median(mean[train])))) / size
        if self._outside(std, train, judged):
            ratio = np.maximum(std[judged] / size, size / np.maximum(std[judged], 1e-12))
            spread = float(np.min(ratio))
        return shift, spread

    def _outside(
        self, values: NDArray[np.float64], train: NDArray[np.intp], judged: NDArray[np.intp]
    ) -> bool:
        """Whether every evaluation batch lies far from all the training batches."""
        low, high = float(values[train].min()), float(values[train].max())
        away = np.maximum(low - values[judged], values[judged] - high)
        return bool(np.all(away > self.limits.range * (high - low)))

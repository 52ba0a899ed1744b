# SPDX-License-Identifier: Apache-2.0
"""Regression targets in units that the network cannot reach."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.data.swamping import swamping
from backprobe.rules.harm import imperfect, severity_by_harm, severity_of_mistake
from backprobe.rules.wording import at, figure
from backprobe.signals.baseline import number
from backprobe.signals.losses import REGRESSION, main_loss
from backprobe.signals.progress import Progress, progress


class TargetsNotNormalized(AbstractRule):
    """A regression's targets are far from unit scale, and the run suffers from it.

    ## What it looks for
    Mean and std of the targets of a squared, absolute or Huber loss. It warns where the run learns
    too little, or spends a third of its steps on coming down to a constant answer's loss and leaves
    much to be learned; a run that learns all the same gets at most a note. Also a sum of a loss of
    classes and of such an error which is thousands of times larger, where the classes are not
    learned.

    ## Why it matters
    A network begins with outputs of about 0 ± 1. Targets of size T make the first gradient T times
    larger, which explodes under SGD; Adam moves the output by about its learning rate a step and
    needs T / lr of them before it fits anything but the mean.

    ## Example
    `the targets have mean 152 and std 77, the outputs begin at 0.04 ± 0.3: the first loss is
    29,000, nearly all of it the distance to the mean (train.py:31)`

    ## What to try
    - `standardize-targets`: (y − mean) / std, and the inverse on the predictions
    - `scale-lr=10`: suits Adam with targets of moderate size

    ## When it is wrong
    An output layer that is scaled to the targets on purpose.

    ## References
    - Bishop, "Neural Networks for Pattern Recognition" (1995), 8.2
    """

    name = "targets-not-normalized"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        size: float = threshold(10.0, "|mean| or std of the targets", "ten times unit scale")
        decisive: float = threshold(
            100.0, "|mean| or std of the targets", "Adam at 1e-3: 1e5 steps"
        )
        harmless: float = threshold(50.0, "|mean| or std", "a note although the run learns")
        spent: float = threshold(
            0.3, "share of the steps above a constant answer", "gone by before anything is learned"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        main = main_loss(record)
        loss = main.loss
        if loss is not None and loss.kind not in REGRESSION:
            return swamping(record, self.name, self.limits.decisive)
        if loss is None or loss.kind not in REGRESSION or main.several:
            return []
        mean, std = number(loss.target, "mean"), number(loss.target, "std")
        if mean is None or std is None:
            return []
        state = progress(record)
        size = max(abs(mean), std)
        start, spread = number(loss.output, "mean"), number(loss.output, "std")
        near = start is not None and abs(start - mean) < std  # a bias that was set to the mean
        far = size >= self.limits.decisive and not near and self._spent(main.value, state)
        severity = severity_of_mistake(record) if far else severity_by_harm(state)
        mild = severity == "note" and not imperfect(state)
        if size < (self.limits.harmless if mild else self.limits.size):
            return []
        if near and (spread or 0.0) > 0.3 * std:
            return []  # the output is already on the targets' scale
        message = f"the targets have mean {figure(mean)} and std {figure(std)}{at(loss.source)}"
        if start is not None and spread is not None:
            message += f", the outputs begin at {figure(start)} ± {figure(spread)}"
        message += f"; normal is about 0 and 1; {state.in_words()}"
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(
                    0.45, 0.95, beyond(size, self.limits.size, self.limits.decisive), state.hurt
                ),
                message=message,
                source=loss.source,
                evidence={
                    "mean": mean,
                    "std": std,
                    "output_mean": start,
                    "output_std": spread,
                    "offset_share": mean * mean / (mean * mean + std * std)
                    if math.isfinite(mean)
                    else None,
                },
                treatments=("standardize-targets",),
            )
        ]

    def _spent(self, losses: NDArray[np.float64], state: Progress) -> bool:
        """Whether much of the run went by before the outputs had come as far as the targets."""
        known = losses[np.isfinite(losses)]
        if state.baseline is None or not known.size:
            return False
        return float(np.mean(known > state.baseline)) >= self.limits.spent

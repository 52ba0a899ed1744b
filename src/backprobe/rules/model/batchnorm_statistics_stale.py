# SPDX-License-Identifier: Apache-2.0
"""Running statistics of batch norm that are still those it began with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Module, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import apart, at, figure, listed, percent, plural, unique
from backprobe.signals.generalisation import generalisation
from backprobe.signals.loaded import loaded_over


class BatchnormStatisticsStale(AbstractRule):
    """Evaluation normalises by running statistics that have hardly left their start.

    ## What it looks for
    Batch norms of a momentum so small that after all training forwards a good part of the running
    mean and variance is still the 0 and 1 they began with, in a run that is judged in evaluation
    mode. Each forward keeps 1 − momentum of what was there.

    ## Why it matters
    In training the batch's own statistics are used and all looks well; in evaluation the layers
    get numbers of another scale than the ones they were trained on.

    ## Example
    `norm1, norm2 (net.py:14) have momentum 0.001: after 250 training forwards 78 % of their running
    statistics are still the 0 and 1 they began with; the training accuracy is 99 %, the held-out
    accuracy 44 %`

    ## What to try
    - PyTorch's default `momentum=0.1`: the share of the new batch (Keras and TensorFlow call the
      share of the old one momentum: their 0.99 is 0.01 here)
    - `momentum=None`: the plain mean over all batches

    ## When it is wrong
    Statistics that were set by other means (recalibration, copies of a teacher).

    ## References
    - Ioffe & Szegedy, "Batch normalization", 1502.03167, 3.1
    - PyTorch, `torch.nn.BatchNorm1d`: the momentum argument differs from the conventional notion
    """

    name = "batchnorm-statistics-stale"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        left: float = threshold(
            0.3, "share of the start in the running statistics", "12 forwards at the default 0.1"
        )
        forwards: float = threshold(30, "training forwards", "fewer are no training")
        gap: float = threshold(
            0.15, "skill on training rows − on others", "no more than overfitting is common"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: all such norms."""
        training = record.evaluations.numbers("training")
        step = record.evaluations.numbers("step")
        judged = step[(training == 0.0) & (step >= self.limits.forwards)]
        if judged.size == 0:
            return []
        backwards = np.nan_to_num(record.steps.numbers("backwards"), nan=1.0)
        forwards = int(np.maximum(backwards, 1.0).sum())
        pretrained = loaded_over(record)
        guilty = [
            m
            for m in record.modules
            if _averages(m)
            and not pretrained.intersection(m.parameters)
            and _left(m, forwards) >= self.limits.left
        ]
        if not guilty or forwards < self.limits.forwards:
            return []
        both = generalisation(record)
        hurts = both.train - both.held >= self.limits.gap
        names = unique(m.name for m in guilty)
        left = max(_left(m, forwards) for m in guilty)
        message = (
            f"{listed(names)}{at(guilty[0].source)} "
            f"{'has' if len(names) == 1 else 'have'} momentum "
            f"{figure(float(guilty[0].settings['momentum']))}: after "
            f"{plural(forwards, 'training forward')} {percent(left)} of their running statistics "
            "are still the 0 and 1 they began with (PyTorch's default momentum is 0.1)"
        )
        if hurts:
            message += f"; {apart(both)}"
        return [
            Finding(
                rule=self.name,
                severity="warning" if hurts else "note",
                confidence=confidence(
                    0.6, 0.95, between(left, self.limits.left, 0.9), 1.0 if hurts else 0.0
                ),
                message=message,
                where=names,
                source=guilty[0].source,
                steps=seen(judged[[0, -1]]),
                evidence={"left": left, "forwards": forwards},
            )
        ]


def _averages(module: Module) -> bool:
    """Whether a batch norm ran in training mode and keeps running statistics."""
    return (
        module.type.startswith(("BatchNorm", "SyncBatchNorm"))
        and module.training
        and module.calls > 0
        and bool(module.settings.get("track_running_stats", True))
        and isinstance(module.settings.get("momentum"), (int, float))
    )


def _left(module: Module, forwards: int) -> float:
    """Share of the first running statistics that is left after so many training forwards."""
    return float((1.0 - float(module.settings["momentum"])) ** (forwards * max(1, module.calls)))

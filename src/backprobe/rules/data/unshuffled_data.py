# SPDX-License-Identifier: Apache-2.0
"""Batches sorted by class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.wording import figure
from backprobe.signals.losses import main_loss


class UnshuffledData(AbstractRule):
    """A batch holds one or few classes, the next one others: the rows come sorted by label.

    ## What it looks for
    The number of different classes in a training batch against what a random draw of as many rows
    would hold.

    ## Why it matters
    Each batch teaches the network that everything is of its class, and the next one unteaches it:
    the loss saws, and batch norm sees other statistics in training than in evaluation.

    ## Example
    `a batch of 32 rows holds 1.2 of 10 classes (median), a random one 9.7: the rows come sorted by
    class`

    ## What to try
    - `shuffle`: `DataLoader(…, shuffle=True)`, or permute the rows once

    ## When it is wrong
    Samplers that group classes on purpose (metric learning, episodes).

    ## References
    - Bengio, "Practical recommendations for gradient-based training", 1206.5533, section 3.1.1
    """

    name = "unshuffled-data"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        ratio: float = threshold(
            0.6, "classes a batch / those of a random one", "random batches: 0.9 to 1.1"
        )
        decisive: float = threshold(0.2, "the same ratio", "one class a batch")
        batches: float = threshold(8, "batches seen", "fewer can be chance")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        main = main_loss(record)
        counts = np.asarray(main.loss.target.get("classes", ()) if main.loss else (), np.float64)
        if main.loss is None or main.loss.kind not in ("cross_entropy", "nll") or counts.sum() == 0:
            return []
        if len(main.loss.target_shape) != 1:
            return []  # tokens and pixels come together by nature
        table = record.batches
        distinct = np.asarray(table["target_classes"], np.float64)
        rows = np.asarray(table["rows"], np.float64)
        known = np.isfinite(distinct) & np.isfinite(rows) & (rows >= 4)
        if int(known.sum()) < self.limits.batches:
            return []
        shares = counts[counts > 0] / counts.sum()
        size = float(np.median(rows[known]))
        expected = float((1.0 - (1.0 - shares) ** size).sum())
        seen_classes = float(np.mean(distinct[known]))
        ratio = seen_classes / expected
        if expected < 1.8 or ratio > self.limits.ratio:
            return []
        sequential = any(
            e.data.get("sampler") == "SequentialSampler" for e in record.named("loader")
        )
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.6,
                    0.97,
                    beyond(ratio, self.limits.ratio, self.limits.decisive),
                    1.0 if sequential else 0.5,
                ),
                message=(
                    f"a batch of {int(size)} rows holds {figure(seen_classes)} of {shares.size} "
                    "classes "
                    f"(mean), a random one {figure(expected)}: the rows come sorted by class"
                ),
                source=None,
                steps=seen(np.asarray(table["step"], np.float64)[known][[0, -1]]),
                evidence={
                    "classes_a_batch": seen_classes,
                    "expected": expected,
                    "rows": size,
                    "sequential_sampler": sequential,
                },
                treatments=("shuffle",),
            )
        ]

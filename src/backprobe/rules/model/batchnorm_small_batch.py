# SPDX-License-Identifier: Apache-2.0
"""Batch norm over a handful of rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import at_most_warning, severity_by_harm, severity_of_mistake
from backprobe.rules.wording import at, listed, unique
from backprobe.signals.progress import progress


class BatchnormSmallBatch(AbstractRule):
    """Batch norm takes mean and variance from a few rows: each result depends on its neighbours.

    ## What it looks for
    The number of rows a training batch against the batch norms that run.

    ## Why it matters
    The variance of n rows has a relative error of sqrt(2/(n − 1)): 140 % at two rows. What training
    sees has little to do with the running statistics that evaluation uses.

    ## Example
    `bn1, bn2 normalise over batches of 2 rows; evaluation uses running statistics of 400 such
    batches`

    ## What to try
    - `batch-size=32`
    - `batchnorm=off`, or group or layer norm instead, with accumulation where memory is short

    ## When it is wrong
    Convolutions with large maps have many values a channel even at two rows.

    ## References
    - Wu & He, "Group Normalization", 1803.08494: error grows below 16 rows a batch
    """

    name = "batchnorm-small-batch"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        rows: float = threshold(
            4, "rows a batch", "group norm's authors see the error rise below 16"
        )
        few: float = threshold(2, "rows a batch", "two differ by their sign only once normalised")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: all batch norms."""
        norms = [m for m in record.modules if m.type.startswith("BatchNorm") and m.calls > 0]
        samples = record.steps.numbers("samples")
        samples = samples[np.isfinite(samples)]
        if not norms or samples.size == 0 or not any(m.training for m in norms):
            return []
        rows = float(np.median(samples))
        if rows > self.limits.rows:
            return []
        state = progress(record)
        few = rows <= self.limits.few
        names = unique(m.name for m in norms)
        return [
            Finding(
                rule=self.name,
                severity=at_most_warning(
                    severity_of_mistake(record) if few else severity_by_harm(state)
                ),
                confidence=confidence(0.5, 0.9, beyond(rows, 6.0, 2.0), state.hurt),
                message=(
                    f"{listed(names)}{at(norms[0].source)} normalise over batches of "
                    f"{int(rows)} rows: "
                    f"their variance is off by {100 * (2 / max(rows - 1, 1)) ** 0.5:.0f} %; "
                    f"{state.in_words()}"
                ),
                where=names,
                source=norms[0].source,
                steps=whole_run(record),
                evidence={"rows": rows},
                treatments=("batch-size=32", "batchnorm=off"),
            )
        ]

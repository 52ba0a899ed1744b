# SPDX-License-Identifier: Apache-2.0
"""The same batch at every step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.wording import plural


class ConstantBatch(AbstractRule):
    """Every step trains on the same few rows although the data has more.

    ## What it looks for
    Checksums of the training batches' inputs and targets: all equal, while the loader's data set
    holds many more rows. Full-batch training on a whole data set is meant and stays silent.

    ## Why it matters
    The network learns these rows by heart and nothing else.

    ## Example
    `all 300 observed batches are the same 32 rows of 1,437 (checksum 0x1f3a)`

    ## What to try
    - draw a new batch inside the loop: `for x, y in loader`, not `x, y = next(iter(loader))` before
      it

    ## When it is wrong
    Overfitting one batch as a test, on purpose.

    ## References
    - Karpathy, "A Recipe for Training Neural Networks" (2019): overfit one batch
    """

    name = "constant-batch"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        batches: float = threshold(
            10, "equal batches", "fewer may be one of several epochs of one batch"
        )
        ratio: float = threshold(
            3.0, "rows of the data / rows of the batch", "there was more to serve"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        table = record.batches
        train = np.asarray(table["evaluation"], np.float64) == 0.0
        marks = np.asarray(table["checksum"], np.float64)
        rows = np.asarray(table["rows"], np.float64)
        known = train & np.isfinite(marks)
        count = int(known.sum())
        if count < self.limits.batches or np.unique(marks[known]).size != 1:
            return []
        targets = np.asarray(table["target_checksum"], np.float64)[known]
        spread = np.nan_to_num(np.asarray(table["std"], np.float64)[known], nan=1.0)
        if np.unique(targets[np.isfinite(targets)]).size > 1 or not spread.any():
            return []  # other rows whose inputs are all alike: blanked, not repeated
        size = float(np.median(rows[known]))
        whole = max((int(e.data.get("rows", -1)) for e in record.named("loader")), default=0)
        if size <= 0.0 or whole / size < self.limits.ratio:
            return []
        steps = np.asarray(table["step"], np.float64)[known]
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.6, 0.97, beyond(whole / size, self.limits.ratio, 30.0), between(count, 10, 60)
                ),
                message=(
                    f"all {count} observed training batches are the same "
                    f"{plural(int(size), 'row')}, "
                    f"of {int(whole):,} that there are"
                ),
                steps=seen(steps[[0, -1]]),
                evidence={"batches": count, "rows": size, "rows_available": whole},
                treatments=("shuffle",),
            )
        ]

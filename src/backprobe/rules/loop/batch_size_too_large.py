# SPDX-License-Identifier: Apache-2.0
"""Batches so large that an epoch is a step or two."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS, leaves_much
from backprobe.rules.wording import figure
from backprobe.signals.progress import progress
from backprobe.signals.trend import Trend
from backprobe.signals.whole_batches import shuffled_whole

WHOLE = ("LBFGS", "Rprop")
"""Optimizers of full batches: line searches, and signs that have to be those of all rows."""


class BatchSizeTooLarge(AbstractRule):
    """So many rows go into one step that the few steps of a training do not suffice.

    ## What it looks for
    Rows a step against the rows that the loader has, in a run of few steps that is still far from
    done, and successive gradients that hardly differ: the batch is far beyond the noise. Without a
    loader, batches that are all one and the same, or the same rows in another order each time.

    ## Why it matters
    Beyond the gradient's noise scale a larger batch costs time and gains nothing: the same rows in
    many steps would have got much further.

    ## Example
    `each step takes 1,400 of 1,400 rows, 60 steps in all; successive gradients agree (cosine 0.99)`

    ## What to try
    - `batch-size=64`
    - `scale-lr=10`: where the batch has to stay

    ## When it is wrong
    Full-batch methods (physics-informed networks) are given the steps that they need. L-BFGS and
    Rprop ask for all rows, and stay silent.

    ## References
    - Riedmiller & Braun, "A direct adaptive method for faster backpropagation learning" (1993):
      Rprop goes by the sign of the whole set's gradient
    - McCandlish et al., "An empirical model of large-batch training", 1812.06162
    - Keskar et al., "On large-batch training for deep learning", 1609.04836
    """

    name = "batch-size-too-large"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(0.5, "rows a step / rows of the data", "two steps an epoch")
        rows: float = threshold(256, "rows a step", "below, a step is cheap")
        steps: float = threshold(200, "optimizer steps", "small tasks here need 150 to 1,000")
        cosine: float = threshold(0.8, "cosine of successive gradients", "best lr: 0.13")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        whole = max((int(e.data.get("rows", -1)) for e in record.named("loader")), default=0)
        # Who gives all rows by hand may mean it: then it must hurt. Not who shuffles them before.
        shuffled = whole <= 0 and shuffled_whole(record)
        halfway = (whole > 0 or shuffled) and leaves_much(record) and _falls(state.trend)
        if state.state not in ("learned", "learning", "stuck"):
            return []
        if state.hurt < HURTS and not halfway:
            return []
        if any(optimizer.type in WHOLE for optimizer in record.optimizers):
            return []  # it asks for all rows at once
        rows = record.steps.numbers("samples")
        rows = rows[np.isfinite(rows)]
        size = float(np.median(rows)) if rows.size else math.nan
        if shuffled or (whole <= 0 and _always_the_same(record)):
            whole = int(size)  # no loader tells, but each step takes all that there is
        if not size >= self.limits.rows or whole <= 0 or state.steps > self.limits.steps:
            return []
        share = size / whole
        values = record.parameters_series.values.get("grad_cosine")
        known = values is not None and bool(np.isfinite(values).any())
        cosine = float(np.nanmedian(values)) if known and values is not None else math.nan
        if share < self.limits.share or not cosine >= self.limits.cosine:
            return []
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.5,
                    0.9,
                    between(share, self.limits.share, 1.0),
                    between(cosine, self.limits.cosine, 1.0),
                    beyond(state.steps, self.limits.steps, 20.0),
                ),
                message=(
                    f"each step takes {int(size):,} of {whole:,} rows, {state.steps} steps in all; "
                    f"successive gradients agree (cosine {figure(cosine)}, normal is 0 to 0.3), so "
                    f"smaller batches would do; {state.in_words()}"
                ),
                steps=whole_run(record),
                evidence={"rows": size, "rows_available": whole, "gradient_cosine": cosine},
                treatments=("batch-size=64", "scale-lr=10"),
            )
        ]


def _always_the_same(record: Record) -> bool:
    """Whether all training batches that were looked at are one and the same."""
    table = record.batches
    train = table.numbers("evaluation") == 0.0
    marks = table.numbers("checksum")[train]
    marks = marks[np.isfinite(marks)]
    return marks.size >= 5 and np.unique(marks).size == 1


def _falls(trend: Trend | None) -> bool:
    """Whether the loss still falls at the end, beyond doubt."""
    return trend is not None and -trend.slope > 3.0 * trend.slope_error

# SPDX-License-Identifier: Apache-2.0
"""NaN or infinity in the data."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_by_harm
from backprobe.rules.wording import percent
from backprobe.signals.losses import main_loss
from backprobe.signals.progress import progress


class NonfiniteData(AbstractRule):
    """A training batch holds NaN or infinite values.

    ## What it looks for
    NaN and infinite elements of the inputs and of the targets, and whether the loss survived them.

    ## Why it matters
    One NaN among the inputs makes the loss NaN, and with it every weight, at that step.

    ## Example
    `2 % of the input values are NaN or infinite (first seen at step 3); the loss is NaN from step 3
    on`

    ## What to try
    - `drop-nonfinite-rows`
    - fill gaps with the feature's mean and add a column that says so

    ## When it is wrong
    Models that mask missing values themselves: their loss stays finite.

    ## References
    - Little & Rubin, "Statistical Analysis with Missing Data" (2002)
    """

    name = "nonfinite-data"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(0.0, "fraction of the elements", "one is enough")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding for the inputs and one for the targets."""
        found = []
        table = record.batches
        bad = np.asarray(table["nonfinite"], np.float64)
        evaluation = np.asarray(table["evaluation"], np.float64)
        rows = np.flatnonzero((np.nan_to_num(bad) > self.limits.share) & (evaluation != 1.0))
        if rows.size:
            step = int(np.asarray(table["step"], np.float64)[rows[0]])
            found.append(self._finding(record, "input", float(np.nanmax(bad[rows])), step))
        main = main_loss(record)
        mean = main.loss.target.get("mean") if main.loss is not None else None
        if isinstance(mean, float) and not math.isfinite(mean):
            found.append(self._finding(record, "target", math.nan, int(main.step[0])))
        return found

    def _finding(self, record: Record, what: str, share: float, step: int) -> Finding:
        state = progress(record)
        broke = state.state == "nonfinite"
        amount = "some" if math.isnan(share) else percent(share)
        return Finding(
            rule=self.name,
            severity="error" if broke else severity_by_harm(state),
            confidence=confidence(0.6, 0.99, 1.0 if broke else 0.3),
            message=(
                f"{amount} of the {what} values are NaN or infinite (first seen at step {step}); "
                f"{state.in_words()}"
            ),
            steps=(step, step),
            evidence={
                "what": what,
                "share": None if math.isnan(share) else share,
                "first_step": step,
            },
            treatments=("drop-nonfinite-rows",),
        )

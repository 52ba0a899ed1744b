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
from backprobe.rules.wording import at, figure, percent
from backprobe.signals.losses import REGRESSION, main_loss
from backprobe.signals.progress import progress

RISKY = frozenset(
    "log log1p log2 log10 sqrt rsqrt div truediv true_divide rtruediv pow rpow norm exp reciprocal "
    "acos asin atanh logit std var normalize cosine_similarity cdist logsumexp masked_fill softmax "
    "scaled_dot_product_attention multi_head_attention_forward".split()
)
"""Operations that may make NaN or infinity of finite numbers."""


class NonfiniteData(AbstractRule):
    """A training batch holds NaN or infinite values.

    ## What it looks for
    NaN and infinite elements of the inputs and of the targets, and whether the loss survived them.
    Not every batch is looked at: a plain loss of a network without logarithms, roots and divisions
    that turns NaN from one step to the next, with nothing growing before, counts as well.

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
        steps: float = threshold(3, "finite steps before", "at once, anything may be the reason")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding for the inputs and one for the targets."""
        found = []
        table = record.batches
        bad = table.numbers("nonfinite")
        evaluation = table.numbers("evaluation")
        rows = np.flatnonzero((np.nan_to_num(bad) > self.limits.share) & (evaluation != 1.0))
        if rows.size:
            step = int(table.numbers("step")[rows[0]])
            found.append(self._finding(record, "input", float(np.nanmax(bad[rows])), step))
        main = main_loss(record)
        mean = main.loss.target.get("mean") if main.loss is not None else None
        if isinstance(mean, float) and not math.isfinite(mean):
            found.append(self._finding(record, "target", math.nan, int(main.step[0])))
        return found or self._inferred(record)

    def _inferred(self, record: Record) -> list[Finding]:
        """A batch that was not looked at, by what it did: nothing else makes such a loss NaN."""
        state = progress(record)
        value, step = main_loss(record).value, main_loss(record).step
        bad = np.flatnonzero(np.isnan(value))
        if state.state != "nonfinite" or state.loss is None or bad.size == 0:
            return []
        at_once = int(bad[0])
        before = value[:at_once]
        sound = state.loss.kind in (*REGRESSION, "cross_entropy", "bce_with_logits")
        risky = any(op.name.strip("_") in RISKY for op in record.graph)
        if at_once < self.limits.steps or not sound or risky or state.loss.terms > 1:
            return []
        usual = float(np.median(before[: min(20, at_once)]))
        if not np.isfinite(before).all() or before[-3:].max() > 2.0 * max(usual, 1e-12):
            return []
        return [
            Finding(
                rule=self.name,
                severity="error",
                confidence=confidence(0.55, 0.8, min(1.0, at_once / 50.0)),
                message=(
                    f"the loss ({state.loss.kind}{at(state.loss.source)}) is NaN from step "
                    f"{int(step[at_once])} on, after {figure(float(before[-1]))} one step before, "
                    "with nothing growing, and nothing in the network can make a NaN of finite "
                    "numbers: that batch's inputs or targets hold one"
                ),
                source=state.loss.source,
                steps=(int(step[at_once]), int(step[at_once])),
                evidence={"what": "unknown", "share": None, "first_step": int(step[at_once])},
                treatments=("drop-nonfinite-rows",),
            )
        ]

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

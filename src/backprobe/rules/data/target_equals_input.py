# SPDX-License-Identifier: Apache-2.0
"""A language model that is asked for the token it has just been given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import at, percent
from backprobe.signals.input_scale import input_scale
from backprobe.signals.losses import CLASSES
from backprobe.signals.progress import progress


class TargetEqualsInput(AbstractRule):
    """The class ids that are to be predicted are the very ids that are fed in.

    ## What it looks for
    Hashes of the rows of token ids against those of their targets, under a loss over classes.

    ## Why it matters
    Copying is learnt in a few hundred steps and the loss falls towards 0, but nothing about the
    next token was learnt: what is generated repeats its prompt.

    ## Example
    `of 1,024 rows 100 % have targets that equal their inputs (train.py:40): the targets of a
    language model are the inputs moved by one place`

    ## What to try
    - `x, y = ids[:, :-1], ids[:, 1:]`
    - models of Transformers move `labels` themselves: there inputs and labels are the same

    ## When it is wrong
    Autoencoders of tokens, and tasks of copying.

    ## References
    - Radford et al., "Improving language understanding by generative pre-training" (2018), 3.1
    """

    name = "target-equals-input"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(0.9, "share of the rows", "chance: none")
        rows: float = threshold(40, "rows with both hashes", "fewer say little")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        loss = progress(record).loss
        table = record.hashes
        scale = input_scale(record)
        ids = scale is not None and scale.integer  # images may come as their own targets too
        if loss is None or loss.kind not in CLASSES or len(table) == 0 or not ids:
            return []
        inputs, targets = (np.asarray(table[k]).astype(np.uint64) for k in ("input", "target"))
        known = (np.asarray(table["evaluation"]) == 0) & (inputs != 0) & (targets != 0)
        count = int(known.sum())
        if count < self.limits.rows:
            return []
        share = float((inputs[known] == targets[known]).mean())
        if share < self.limits.share:
            return []
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.6, 0.9, between(share, self.limits.share, 1.0), between(count, 40, 400)
                ),
                message=(
                    f"of {count:,} rows {percent(share)} have targets that equal their inputs"
                    f"{at(loss.source)}: the targets of a language model are the inputs moved by "
                    "one place"
                ),
                source=loss.source,
                steps=seen(np.asarray(table["step"], np.float64)[known][[0, -1]]),
                evidence={"share": share, "rows": count},
            )
        ]

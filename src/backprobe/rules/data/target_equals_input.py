# SPDX-License-Identifier: Apache-2.0
"""A language model that is asked for a token that it has been given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, seen, threshold, whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import at, listed, percent
from backprobe.signals.input_scale import input_scale
from backprobe.signals.leaks import leaks
from backprobe.signals.losses import CLASSES
from backprobe.signals.progress import progress


class TargetEqualsInput(AbstractRule):
    """The class ids that are to be predicted are the very ids that are fed in.

    ## What it looks for
    Hashes of the rows of token ids against those of their targets, under a loss over classes.
    Where the targets are the ids moved by one place: attention that lets each place see the next
    one (no causal mask, or one that begins a diagonal too late), and recurrent layers that run both
    ways, where nothing else looks back only. And a decoder that looks up the very ids that are its
    targets, while the encoder is given others.

    ## Why it matters
    Copying is learnt in a few hundred steps and the loss falls towards 0, but nothing about the
    next token was learnt: what is generated repeats its prompt.

    ## Example
    `of 1,024 rows 100 % have targets that equal their inputs (train.py:40): the targets of a
    language model are the inputs moved by one place`

    ## What to try
    - `x, y = ids[:, :-1], ids[:, 1:]`
    - models of Transformers move `labels` themselves: there inputs and labels are the same
    - `is_causal=True`, or a mask `torch.triu(torch.ones(t, t), diagonal=1).bool()`
    - a decoder is fed `target[:, :-1]` and taught `target[:, 1:]`

    ## When it is wrong
    Autoencoders of tokens whose decoder is fed nothing, and tasks of copying.

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
        if loss is None or loss.kind not in CLASSES:
            return []
        return self._same(record, loss) or self._seen(record, loss) or self._fed(record, loss)

    def _seen(self, record: Record, loss: Loss) -> list[Finding]:
        """The next place is in sight, and the targets are the next places."""
        found = leaks(record)
        if found is None:
            return []
        how = (
            "lets each place see the one after it"
            if found.attention
            else "also runs from the end to the beginning"
        )
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(0.8, 0.95, between(found.length, 4, 16)),
                message=(
                    f"{listed(found.where)} {how}{at(found.source)}, and the targets are the "
                    f"inputs moved by one place{at(loss.source)}: each place reads what it is to "
                    "predict, which is not there when text is made; "
                    + (
                        "is the causal mask missing, or does it begin a diagonal too late?"
                        if found.attention
                        else "a layer that predicts the next place may run forwards only"
                    )
                ),
                where=found.where,
                source=found.source or loss.source,
                steps=whole_run(record),
                evidence={"length": found.length, "attention": found.attention},
            )
        ]

    def _fed(self, record: Record, loss: Loss) -> list[Finding]:
        """A decoder is given what it is taught."""
        event = next(iter(record.named("fed-targets")), None)
        if event is None:
            return []
        name = next((m.name for m in record.modules if m.index == event.data["module"]), "")
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(0.75, 0.9, 1.0),
                message=(
                    f"the ids that {name or 'the decoder'} is given are the very targets"
                    f"{at(loss.source)}, place by place: it learns to copy them, and has nothing "
                    "to copy when it runs by itself; feed target[:, :-1] and teach target[:, 1:]"
                ),
                where=(name,) if name else (),
                source=loss.source,
                steps=whole_run(record),
                evidence={"fed": True},
            )
        ]

    def _same(self, record: Record, loss: Loss) -> list[Finding]:
        """Rows of ids that come as their own targets."""
        table = record.hashes
        scale = input_scale(record)
        ids = scale is not None and scale.integer  # images may come as their own targets too
        if len(table) == 0 or not ids or record.named("fed-before"):
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
                steps=seen(table.numbers("step")[known][[0, -1]]),
                evidence={"share": share, "rows": count},
            )
        ]

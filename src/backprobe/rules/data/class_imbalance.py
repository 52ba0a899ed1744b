# SPDX-License-Identifier: Apache-2.0
"""Rare classes that the network ignores."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS, leaves_much, severity_of_mistake
from backprobe.rules.wording import at, figure, percent
from backprobe.signals.held_out import (
    class_counts,
    held_out,
    late_looks,
    majority_share,
)
from backprobe.signals.losses import BINARY, CLASSES
from backprobe.signals.progress import Progress, progress
from backprobe.signals.rarity import favoured_by_loss, favoured_by_sampler

ENOUGH = 6
"""Looks at training batches in the last third of a run whose mean accuracy is what it ends with: of
fewer, the earliest may weigh most, while it still rises."""


class ClassImbalance(AbstractRule):
    """One class is so much commoner that answering it always is nearly right.

    ## What it looks for
    The classes among the training targets, as the loss got them, where no weight makes up for
    them, in a run that gets few of the rarer rows right: its training accuracy, or where there is
    none its loss, is near that of always giving the commonest class. Rows of tags count where the
    accuracy of the single tags shows it, and the script's own score leaves much to be learned. Also
    weights that grow with the count of their class, as a `pos_weight` of the yeses over the nos.

    ## Why it matters
    Accuracy and loss look good from the first step on, and the rare class, which is mostly the one
    that matters, is never found.

    ## Example
    `the commonest class is 95 % of the targets (loss at train.py:30, not weighted), 19 times the
    rarest; the training accuracy ends at 95 %: always answering it gives 95 %`

    ## What to try
    - `class-weights`: weights the classes by their rarity
    - a sampler that draws rare rows more often
    - weights of one over the count, where they are the count
    - judge by balanced accuracy or the rare class's recall

    ## When it is wrong
    Where the rare rows can't be told from the others, the prior is the right answer.

    ## References
    - Buda et al., "A systematic study of the class imbalance problem", 1710.05381
    - SageMaker Debugger, ClassImbalance: ratio 10
    """

    name = "class-imbalance"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        ratio: float = threshold(7.0, "commonest / rarest class", "SageMaker Debugger: 10")
        ratio_decisive: float = threshold(50.0, "commonest / rarest class", "2 % of the rows")
        share: float = threshold(0.5, "share of the commonest class", "a prior worth answering")
        rows: float = threshold(100, "rows", "fewer give no ratio")
        recall: float = threshold(
            0.5, "most of the other rows that can be right", "half of them are lost"
        )
        note: float = threshold(0.8, "the same", "most are found: nothing to say")
        short: float = threshold(
            0.05, "share of the commonest class − training accuracy", "noise of a few batches"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        loss, counts = state.loss, class_counts(record)
        if loss is None or state.state in ("short", "nonfinite", "diverged", "unknown"):
            return []
        tags = _tags(loss)
        if not (tags or _exclusive(loss)):
            return []
        turned = self._turned_round(record, loss, tags)
        if turned is not None:
            return [turned]
        if loss.weighted or loss.terms > 1:
            return []
        if _tokens(record, loss) or (tags and not leaves_much(record)):
            return []
        common = majority_share(record)
        if counts.size < 2 or counts.size > 50 or counts.sum() < self.limits.rows:
            return []
        ratio = float(counts.max() / counts.min())
        if ratio < self.limits.ratio or common < self.limits.share:
            return []
        right, accuracy = _found(record, state, common)
        if tags and math.isnan(accuracy):
            return []  # most tags are rare by nature: it has to show that they are missed
        if right >= self.limits.note:
            return []
        if not tags and accuracy < common - max(self.limits.short, 1.0 - common):
            return []  # it does not answer the commonest class: something else is wrong
        message = (
            f"the commonest class is {percent(common)} of the targets (loss{at(loss.source)}, not "
            f"weighted), {figure(ratio)} times the rarest"
        )
        if accuracy == accuracy:
            message += (
                f"; the training accuracy ends at {percent(accuracy)}: "
                f"always answering it gives {percent(common)}"
            )
        else:
            message += f"; {state.in_words()}"
        return [
            Finding(
                rule=self.name,
                severity="warning" if right < self.limits.recall else "note",
                confidence=confidence(
                    0.5,
                    0.95,
                    beyond(ratio, self.limits.ratio, self.limits.ratio_decisive),
                    between(right, self.limits.note, 0.0),
                ),
                message=message,
                source=loss.source,
                steps=whole_run(record),
                evidence={
                    "shares": [round(float(c / counts.sum()), 4) for c in counts],
                    "ratio": ratio,
                    "training_accuracy": accuracy if math.isfinite(accuracy) else None,
                    "others_found_at_most": right,
                },
                treatments=("class-weights",),
            )
        ]

    def _turned_round(self, record: Record, loss: Loss, tags: bool) -> Finding | None:
        """Weights that favour the classes which they were to balance."""
        by_loss = favoured_by_loss(loss)
        found = by_loss
        if not tags:  # rows of several tags are of no one class that a sampler could weigh
            found = found or favoured_by_sampler(record, class_counts(record))
        if found is None:
            return None
        whose = f"the loss{at(loss.source)} gives" if by_loss else "the sampler gives rows of"
        message = (
            f"{whose} the commonest class {figure(found.weight)} times the weight of the rarest, "
            f"which has {figure(found.rows)} times fewer rows: the weights grow with the count, "
            "those that balance are one over it"
        )
        if tags:
            message = (
                f"the loss{at(loss.source)} gives a no {figure(found.weight)} times the weight of "
                f"a yes, of which there are {figure(found.rows)} times fewer: a `pos_weight` that "
                "balances is the nos over the yeses, not the yeses over the nos"
            )
        return Finding(
            rule=self.name,
            severity=severity_of_mistake(record),
            confidence=confidence(0.7, 0.95, beyond(found.weight, 2.0, 10.0)),
            message=message,
            source=loss.source if by_loss else None,
            steps=whole_run(record),
            evidence={"rows_ratio": found.rows, "weight_ratio": found.weight},
            treatments=("class-weights",),
        )


def _tokens(record: Record, loss: Loss) -> bool:
    """Whether a row has several targets, told in one line: the tokens of a text."""
    rows = record.steps.numbers("samples")
    rows = rows[np.isfinite(rows) & (rows > 0.0)]
    flat = len(loss.target_shape) == 1 and rows.size > 0
    return bool(flat and loss.target_shape[0] >= 2.0 * float(np.median(rows)))


def _exclusive(loss: Loss) -> bool:
    """Whether each row, or each pixel of a map, has one class of those that are counted.

    Tokens are many and most are rare by nature.
    """
    shape = loss.target_shape
    if loss.kind in CLASSES:
        return len(shape) == 1 or (len(shape) == 3 and len(loss.output_shape) == 4)
    single = len(shape) == 1 or shape[1:2] == (1,) or (len(shape) == 3 and min(shape[1:]) > 8)
    return loss.kind in BINARY and single


def _tags(loss: Loss) -> bool:
    """Whether each row has several answers of yes or no, one an output."""
    shape = loss.target_shape
    return loss.kind in BINARY and len(shape) == 2 and shape[1] > 1 and bool(loss.target["whole"])


def _found(record: Record, state: Progress, common: float) -> tuple[float, float]:
    """What share of the other rows may be right at most, and the training accuracy.

    A classifier that is right in a share a of all rows and gives every common row right finds
    (a - common) / (1 - common) of the others.
    """
    accuracy = held_out(record).train_accuracy
    # Without an accuracy: what the loss explains of the prior's entropy.
    explained = min(1.0, max(0.0, state.explained / (2.0 * HURTS)))
    if math.isnan(accuracy):
        return explained, math.nan
    right = min(1.0, max(0.0, (accuracy - common) / (1.0 - common)))
    # Few batches of the end may be of a time when the network could do less than it ends with.
    return (right if late_looks(record) >= ENOUGH else max(right, explained)), accuracy

# SPDX-License-Identifier: Apache-2.0
"""Batches sorted by class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import HURTS
from backprobe.rules.wording import at, figure
from backprobe.signals.baseline import number
from backprobe.signals.judged import makes_targets
from backprobe.signals.lines import line_of
from backprobe.signals.losses import BINARY, CLASSES, REGRESSION, main_loss
from backprobe.signals.progress import progress


class UnshuffledData(AbstractRule):
    """A batch holds one or few classes, the next one others: the rows come sorted by label.

    ## What it looks for
    The number of different classes in a training batch against what a random draw of as many rows
    would hold; for a regression, how little the targets vary within a batch beside all targets.
    Texts laid end to end (`nn.EmbeddingBag`) count as many rows as they have targets.

    ## Why it matters
    Each batch teaches the network that everything is of its class, and the next one unteaches it:
    the loss saws, and batch norm sees other statistics in training than in evaluation.

    ## Example
    `a batch of 32 rows holds 1.2 of 10 classes (median), a random one 9.7: the rows come sorted by
    class`

    ## What to try
    - `shuffle`: `DataLoader(…, shuffle=True)`, or permute the rows once

    ## When it is wrong
    Samplers that group classes on purpose (metric learning, episodes). Numbers that move while the
    run goes on, other than the targets that a network makes at every step (Q-learning).

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
        spread: float = threshold(
            0.4, "std within a batch / std of all targets", "random batches: 0.9 to 1"
        )
        labelled: float = threshold(
            0.5, "targets of the loss / rows of a batch", "a last batch may be shorter"
        )
        batches: float = threshold(8, "batches seen", "fewer can be chance")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        main = main_loss(record)
        counts = np.asarray(main.loss.target.get("classes", ()) if main.loss else (), np.float64)
        if main.loss is not None and main.loss.kind in REGRESSION and not main.several:
            return self._by_spread(record, main.loss)
        known_kind = main.loss is not None and main.loss.kind in CLASSES | BINARY
        if main.loss is None or not known_kind or counts.sum() == 0:
            return []
        if len(main.loss.target_shape) != 1 and main.loss.target_shape[1:] != (1,):
            return []  # tokens and pixels come together by nature
        table = record.batches
        distinct = table.numbers("target_classes")
        rows = table.numbers("rows")
        known = np.isfinite(distinct) & np.isfinite(rows) & (rows >= 4)
        known &= _of_loss(record, main.loss)
        if int(known.sum()) < self.limits.batches:
            return []
        shares = counts[counts > 0] / counts.sum()
        size = float(np.median(rows[known]))
        if main.loss.target_shape[0] < self.limits.labelled * size:
            if not _bagged(record, main.loss):
                return []  # the loss is of the few rows of a batch that have a label
            size = float(main.loss.target_shape[0])
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
                source=line_of(record, "batches"),
                steps=seen(table.numbers("step")[known][[0, -1]]),
                evidence={
                    "classes_a_batch": seen_classes,
                    "expected": expected,
                    "rows": size,
                    "sequential_sampler": sequential,
                },
                treatments=("shuffle",),
            )
        ]

    def _by_spread(self, record: Record, loss: Loss) -> list[Finding]:
        """Numbers that come in order: neighbours are alike, batches are not."""
        table, whole = record.batches, number(loss.target, "std")
        spread = table.numbers("target_std")
        mean = table.numbers("target_mean")
        rows = table.numbers("rows")
        known = np.isfinite(spread) & np.isfinite(mean) & (rows >= 8) & _of_loss(record, loss)
        if int(known.sum()) < self.limits.batches or not whole:
            return []
        within = float(np.median(spread[known])) / whole
        between_batches = float(np.std(mean[known])) / whole
        if within > self.limits.spread or between_batches < self.limits.spread:
            return []
        if makes_targets(record, loss):
            return []  # they move as the network does: a later batch has others in any order
        state = progress(record)
        return [
            Finding(
                rule=self.name,
                severity="warning" if state.hurt >= HURTS else "note",
                confidence=confidence(
                    0.55, 0.9, beyond(within, self.limits.spread, 0.05), state.hurt
                ),
                message=(
                    f"within a batch of {int(np.median(rows[known]))} rows the targets vary by "
                    f"{figure(within)} of what all of them do{at(loss.source)}, in a random one by "
                    f"about 1: the rows come sorted; {state.in_words()}"
                ),
                source=line_of(record, "batches") or loss.source,
                steps=seen(table.numbers("step")[known][[0, -1]]),
                evidence={"within": within, "between": between_batches},
                treatments=("shuffle",),
            )
        ]


def _bagged(record: Record, loss: Loss) -> bool:
    """Whether each layer has as many rows as there are targets: words laid end to end are none."""
    roots = {m.index: m.root for m in record.modules}
    shapes = [p.shape for p in record.places if roots.get(p.module) == loss.model and p.shape]
    return bool(shapes) and all(shape[0] == loss.target_shape[0] for shape in shapes)


def _of_loss(record: Record, loss: Loss) -> NDArray[np.bool_]:
    """Batches that a loss was computed on, [rows of `batches`]: a run may have several tasks."""
    which = record.steps.numbers("loss_index")
    mine = record.steps.numbers("step")[which == loss.index]
    step = record.batches.numbers("step")
    return np.isin(step, mine) if mine.size else np.ones(step.shape, np.bool_)

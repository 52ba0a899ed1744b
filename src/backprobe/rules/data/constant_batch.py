# SPDX-License-Identifier: Apache-2.0
"""The same batch at every step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.wording import plural
from backprobe.signals.generalisation import generalisation, held_out_losses
from backprobe.signals.lines import line_of
from backprobe.signals.progress import progress


class ConstantBatch(AbstractRule):
    """Every step trains on the same few rows although the data has more.

    ## What it looks for
    Checksums of the training batches' inputs and targets: all equal, while the loader's data set
    holds many more rows, or, where no loader tells, while held-out rows are many more and answered
    far worse; where only their loss is known, of batches of a power of two that are another tensor
    at each step (a generator that is seeded anew at each draw). Less has to show where the batch is
    another tensor at each step and the tensor that held-out rows are a slice of has many more rows,
    of which none is used. Full-batch training on a whole data
    set is meant and stays silent.

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
        gap: float = threshold(0.3, "training − held-out skill", "healthy: below 0.15")
        gap_chosen: float = threshold(
            0.15, "the same", "where a power of two of rows is drawn or cut off: a batch size"
        )
        ratio: float = threshold(
            3.0, "rows of the data / rows of the batch", "there was more to serve"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        table = record.batches
        train = table.numbers("evaluation") == 0.0
        marks = table.numbers("checksum")
        rows = table.numbers("rows")
        known = train & np.isfinite(marks)
        count = int(known.sum())
        if count < self.limits.batches or np.unique(marks[known]).size != 1:
            return []
        targets = table.numbers("target_checksum")[known]
        spread = np.nan_to_num(table.numbers("std")[known], nan=1.0)
        if np.unique(targets[np.isfinite(targets)]).size > 1 or not spread.any():
            return []  # other rows whose inputs are all alike: blanked, not repeated
        size = float(np.median(rows[known]))
        told = max((int(e.data.get("rows", -1)) for e in record.named("loader")), default=0)
        power = size >= 2 and math.log2(size).is_integer()  # chosen for a batch, rarely a whole set
        fresh = table.numbers("fresh")[known]
        fresh = fresh[np.isfinite(fresh)]
        # Who gives all rows by hand keeps them in one tensor: these are drawn at each step.
        anew = fresh.size > 0 and bool(fresh.all())
        drawn = power and anew
        unused = _unused(record, size) if anew else 0.0
        beside = unused >= self.limits.ratio * size
        chosen = drawn or beside or (power and _spare(record, size))
        gap = self.limits.gap_chosen if chosen else self.limits.gap
        whole = told or _held_out_rows(record, gap, self.limits.gap if drawn else math.inf)
        if size <= 0.0 or whole / size < self.limits.ratio:
            return []
        there = "that there are" if told else "held-out ones, which it answers far worse"
        if beside and not told:
            there += f"; at least {int(unused):,} more lie in their tensor, and none is used"
        steps = table.numbers("step")[known]
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.6 if told or power or beside else 0.45,
                    0.97 if told else 0.85,
                    beyond(whole / size, self.limits.ratio, 30.0),
                    between(count, 10, 60),
                ),
                message=(
                    f"all {count} observed training batches are the same "
                    f"{plural(int(size), 'row')}, "
                    f"of {int(whole):,} {there}"
                ),
                source=line_of(record, "batches"),
                steps=seen(steps[[0, -1]]),
                evidence={
                    "batches": count,
                    "rows": size,
                    "rows_available": whole,
                    "told": bool(told) or power or beside,
                },
                treatments=("shuffle",),
            )
        ]


def _spare(record: Record, size: float) -> bool:
    """Whether the batch is a slice of a tensor whose other rows nothing is made of.

    Arguments:
        record: of the run.
        size: rows of the batch.
    """
    table = record.batches
    train = table.numbers("evaluation") == 0.0
    whole = table.numbers("whole")[train]
    kin = table.numbers("kin")[~train]
    whole = whole[np.isfinite(whole)]
    return whole.size > 0 and float(np.median(whole)) > size and not (kin == 1.0).any()


def _unused(record: Record, size: float) -> float:
    """Rows beside the held-out ones, in the tensor that these are a slice of, that no batch has.

    Arguments:
        record: of the run.
        size: rows of the batch.
    """
    table = record.batches
    whole = table.numbers("whole")[table.numbers("evaluation") == 1.0]
    whole, judged = whole[np.isfinite(whole)], record.evaluations.numbers("rows")
    judged = judged[np.isfinite(judged)]
    if not whole.size or not judged.size:
        return 0.0
    return float(np.median(whole)) - float(np.max(judged)) - size


def _held_out_rows(record: Record, gap: float, gap_loss: float) -> int:
    """Rows of an evaluation that goes far worse than training; 0 where it does not.

    Arguments:
        record: of the run.
        gap: of skill that is far.
        gap_loss: of the shares of the trivial loss that are taken away, where no skill is known.
    """
    state, both = progress(record), generalisation(record)
    train = state.explained if math.isnan(both.train) else both.train
    rows = record.evaluations.numbers("rows")
    rows = rows[np.isfinite(rows)]
    worse = train - both.held >= gap
    if math.isnan(both.held) and state.baseline:
        losses = held_out_losses(record)
        held = 1.0 - float(losses[-1]) / state.baseline if losses.size else math.nan
        worse = state.explained - held >= gap_loss
    return int(np.median(rows)) if rows.size and worse else 0

# SPDX-License-Identifier: Apache-2.0
"""Evaluation rows that the network was trained on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import percent
from backprobe.signals.judged import evaluations
from backprobe.signals.progress import progress
from backprobe.signals.rows import Overlap, overlap
from backprobe.signals.windows import overlapping_windows


class TrainTestOverlap(AbstractRule):
    """Rows that the network is judged on are among those that it was trained on.

    ## What it looks for
    Hashes of the rows of evaluation batches that were served in training before: a part of them,
    mixed among the others (duplicates that were split apart, windows that were drawn twice), or all
    of a validation set that is a small part of the training rows. What repeats within a batch by
    nature is discounted; measured numbers do not: equal rows of those were copied, as oversampling
    before the split does.
    Windows of one series that overlap across the split are a note: of each row two pieces are kept
    by a hash, and both are found in a training row, moved by one distance.

    ## Why it matters
    The measured accuracy is that of rows learnt by heart. It picks the most overfitted checkpoint
    and promises what new data will not hold.

    ## Example
    `240 of 240 distinct evaluation rows were served in training before`

    ## What to try
    - split before drawing, augmenting or cutting windows, and by group where rows belong together

    ## When it is wrong
    Training accuracy measured on purpose; a whole training set that is evaluated stays silent, and
    so do the few windows at the border of a series that was split by time.

    ## References
    - Kapoor & Narayanan, "Leakage and the reproducibility crisis in ML-based science", 2207.07048
    """

    name = "train-test-overlap"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(0.05, "share of evaluation rows", "a few duplicates are common")
        rows: float = threshold(30, "distinct evaluation rows", "fewer say little")
        natural: float = threshold(
            0.05, "rows that repeat within a batch", "data of few distinct rows repeats by nature"
        )
        continuous: float = threshold(
            0.9, "different numbers / numbers", "on a scale that fine no two rows are alike"
        )
        as_large: float = threshold(0.9, "evaluation rows / training rows", "the very same set: 1")
        chance: float = threshold(
            1.0, "share / what chance may give", "k + 2 √k + 3 bounds a Poisson count: 95 %"
        )
        scattered: float = threshold(
            0.4, "changes between seen and unseen rows / at random", "two sets in turn give 0"
        )
        whole: float = threshold(
            0.98, "share of evaluation rows", "each one: a subset of the training rows"
        )
        part: float = threshold(
            0.5, "evaluation rows / training rows", "above, it may be the training accuracy"
        )
        windows: float = threshold(
            0.3, "share of evaluation rows", "a border of a split by time has fewer, side by side"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        return self._equal_rows(record) or self._windows(record)

    def _windows(self, record: Record) -> list[Finding]:
        """Windows of one series that were drawn apart at random."""
        found, limits = overlapping_windows(record), self.limits
        if (
            found is None
            or found.rows < limits.rows
            or found.share < limits.windows
            or found.scattered < limits.scattered
            or progress(record).state in ("unknown", "short")
        ):
            return []
        evaluated = record.fragments["evaluation"] == 1
        return [
            Finding(
                rule=self.name,
                severity="note",
                confidence=confidence(
                    0.6,
                    0.9,
                    between(found.share, limits.windows, 0.8),
                    between(found.rows, limits.rows, 200),
                ),
                message=(
                    f"{percent(found.share)} of {found.rows} evaluation rows are windows that "
                    f"overlap with training rows, moved by {found.distance:.0f} of their numbers: "
                    "such rows are all but known, and what is measured on them promises more than "
                    "new data hold; split by time, or by recording, before windows are cut"
                ),
                steps=seen(record.fragments["step"][evaluated]),
                evidence={
                    "evaluation_rows": found.rows,
                    "share": found.share,
                    "distance": found.distance,
                    "scattered": found.scattered,
                },
                treatments=(),
            )
        ]

    def _equal_rows(self, record: Record) -> list[Finding]:
        """Rows that were trained on as they are."""
        found = overlap(record)
        if found is None or found.rows < self.limits.rows:
            return []
        copied = _fine(record) >= self.limits.continuous  # rows that repeat are copies then
        natural = 0.0 if copied else found.within
        if not self._leaks(record, found, natural):
            return []
        count = round(found.share * found.rows)
        evaluated = record.hashes["evaluation"] == 1
        mixed = found.share < self.limits.whole
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.6 if mixed else 0.55,
                    0.95 if mixed else 0.85,
                    between(found.share, self.limits.share, 0.5),
                    between(found.rows, self.limits.rows, 200),
                ),
                message=(
                    f"{count} of {found.rows} distinct evaluation rows were served in training "
                    f"({percent(found.share)}); "
                    + (
                        f"no more than {percent(natural)} repeat within a batch by nature"
                        if natural
                        else "none repeat by nature"
                    )
                ),
                steps=seen(record.hashes["step"][evaluated]),
                evidence={
                    "evaluation_rows": found.rows,
                    "training_rows": found.trained,
                    "share": found.share,
                    "repeat_within_batch": found.within,
                    "scattered": found.scattered,
                },
                treatments=(),
            )
        ]

    def _leaks(self, record: Record, found: Overlap, natural: float) -> bool:
        """Whether the overlap is neither natural nor the training set evaluated on purpose."""
        limits = self.limits
        if found.share < limits.share or natural > max(limits.natural, found.share / 4.0):
            return False
        # Two rows that are alike by chance: as often as within a phase, for each training row there
        # is. So few are counted there that their number's upper bound is taken.
        alike = natural * found.rows
        most = alike + 2.0 * math.sqrt(alike) + 3.0
        chance = 2.0 * found.trained * most / found.rows**2
        if found.share < min(limits.whole, limits.chance * chance):
            return False
        models = record.batches.numbers("model")
        if np.unique(models[np.isfinite(models)]).size > 1:
            return False  # one network may teach another on its training rows
        if progress(record).state in ("unknown", "short") or len(record.evaluations) == 0:
            return False
        # A network that acts (reinforcement learning) is run without gradients between all steps.
        if evaluations(record) > 0.5 * max(1, len(record.steps)):
            return False
        if _evaluated_rows(record) >= limits.as_large * _training_rows(record, found):
            return False  # as large as what is trained on: it may well be that very set
        if found.share >= limits.whole:
            return found.phases > 1 and found.rows < limits.part * found.trained
        return found.scattered >= limits.scattered


def _fine(record: Record) -> float:
    """Share of different numbers in a batch, the middle one; 0 for ids or where unknown."""
    values = record.batches.numbers("distinct")
    values = values[np.isfinite(values) & (np.asarray(record.batches["integer"]) == 0.0)]
    return float(np.median(values)) if values.size else 0.0


def _evaluated_rows(record: Record) -> float:
    """Rows of an evaluation phase, the middle one; 0 where unknown."""
    rows = record.evaluations.numbers("rows")
    rows = rows[np.isfinite(rows) & (rows > 0.0)]
    return float(np.median(rows)) if rows.size else 0.0


def _training_rows(record: Record, found: Overlap) -> int:
    """Rows that are trained on: what the loader holds, or at least those whose hash is known."""
    told = [int(event.data.get("rows", -1)) for event in record.named("loader")]
    return max([*told, found.trained])

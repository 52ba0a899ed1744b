# SPDX-License-Identifier: Apache-2.0
"""Evaluation rows that are training rows moved along a series: windows that overlap.

Unit: shares of the evaluation rows, 0 to 1. Normal: none, or the few at the border where a series
was split by time. Rows that are equal are not counted here (`signals.rows`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record
from backprobe.signals.memo import once
from backprobe.signals.rows import scattered

COMMON = 0.1
"""Share of the commonest number of a batch above which pieces are alike by nature: rows of counts,
of bits, of zeros. Of a series' windows each number is in one of so many as a window has at most."""
TRIED = 16
"""Training rows with the same first piece that a row is compared with, at most."""


@dataclass(frozen=True)
class Windows:
    """Evaluation rows that overlap with training rows.

    Arguments:
        rows: evaluation rows that were looked at.
        share: of those, that hold both pieces of a training row, moved by one distance.
        distance: the middle of the least distances, in numbers.
        scattered: changes between such rows and others along a phase, over those that a random
            order would have; 1 where all are such.
    """

    rows: int
    share: float
    distance: float
    scattered: float


@once
def overlapping_windows(record: Record) -> Windows | None:
    """How much of the evaluation overlaps with what was trained on; None where not known."""
    table = record.fragments
    common = record.batches.numbers("common")
    common = common[np.isfinite(common)]
    if not len(table) or not common.size or float(np.median(common)) > COMMON:
        return None
    evaluation = np.asarray(table["evaluation"]) == 1
    names = ("first", "first_at", "second", "second_at")
    kept = np.stack([np.asarray(table[name], np.int64) for name in names], axis=1)
    trained = np.unique(kept[~evaluation], axis=0)  # sorted by the first piece
    judged, steps = kept[evaluation], np.asarray(table["step"])[evaluation]
    if not len(trained) or not len(judged):
        return None
    moved = _moved(judged, trained)
    found = np.isfinite(moved)
    return Windows(
        rows=len(judged),
        share=float(found.mean()),
        distance=float(np.median(moved[found])) if found.any() else 0.0,
        scattered=1.0 if found.all() else scattered(found, steps),
    )


def _moved(judged: NDArray[np.int64], trained: NDArray[np.int64]) -> NDArray[np.float64]:
    """The least distance by which each row lies beside a training row, NaN where it does not.

    Nor where a training row holds both pieces at the same places: it may be that very row.
    """
    least = np.full(len(judged), np.nan)
    equal = np.zeros(len(judged), bool)
    begin = np.searchsorted(trained[:, 0], judged[:, 0], side="left")
    end = np.searchsorted(trained[:, 0], judged[:, 0], side="right")
    for place in range(TRIED):
        at = begin + place
        within = at < end
        if not within.any():
            break
        other = trained[np.minimum(at, len(trained) - 1)]
        distance = judged[:, 1] - other[:, 1]
        same = within & (judged[:, 2] == other[:, 2]) & (judged[:, 3] - other[:, 3] == distance)
        equal |= same & (distance == 0)
        same &= distance != 0
        nearer = same & ~(np.abs(distance) >= least)
        least[nearer] = np.abs(distance[nearer])
    least[equal] = np.nan
    return least

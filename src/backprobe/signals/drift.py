# SPDX-License-Identifier: Apache-2.0
"""Rows of one stored data set that are other ones at every pass over it.

Unit: deviation of the inputs of a batch. Normal: a pass has the deviation of the pass before, with
or without augmentation, since each begins from the rows as they are stored. What is written into
the stored rows is still there at the next pass: the deviation moves at each border of a pass, and
away from that of the rows that are only evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record
from backprobe.signals.losses import main_loss
from backprobe.signals.rows import drawn_anew

PASSES = 5
"""Passes of which batches were seen."""
FIRST = 3
"""Batches of the first pass: how far apart they are is what batches differ by."""
STEADY = 0.9
"""Rank correlation of the passes' deviations with time."""
ALIKE = 0.1
"""Deviation among the first pass's batches / the whole move."""


@dataclass(frozen=True)
class Drift:
    """Where the deviation of the training inputs went.

    Arguments:
        dataset: class of the data set.
        passes: over it, the last one counted.
        first, last: deviation in the first and the last pass seen.
        judged: deviation of the evaluation inputs, which did not move.
        factor: how many times further from the evaluation inputs the last pass is than the first.
        step: at which the last pass was seen.
    """

    dataset: str
    passes: int
    first: float
    last: float
    judged: float
    factor: float
    step: int


def drift_of_rows(record: Record) -> Drift | None:
    """A steady move of the training inputs away from the evaluation inputs, pass after pass."""
    if not drawn_anew(record):
        return None
    table, loss = record.batches, main_loss(record).loss
    std, step, rows, loader = (table.numbers(name) for name in ("std", "step", "rows", "loader"))
    usable = (table.numbers("integer") == 0.0) & (std > 0.0)
    if loss is not None and loss.model >= 0:
        usable &= table.numbers("model") == float(loss.model)
    evaluation = table.numbers("evaluation") == 1.0
    train, judged = usable & ~evaluation, usable & evaluation
    loaders = np.unique(loader[train])
    told = [e.data for e in record.named("loader") if e.data.get("index") in loaders.tolist()]
    if loaders.size != 1 or len(told) != 1 or not judged.any():
        return None
    size = int(told[0].get("rows") or -1)
    if size < 1:
        return None
    number = np.floor(step[train] * float(np.median(rows[train])) / size).astype(np.int64)
    seen = np.unique(number)
    middles = np.array([np.median(std[train][number == one]) for one in seen])
    opening = std[train][number == seen[0]]
    if seen.size < PASSES or opening.size < FIRST or not _steady(middles, opening):
        return None
    held = float(np.median(std[judged]))
    away = np.abs(np.log(middles[[0, -1]] / held))
    return Drift(
        dataset=str(told[0].get("dataset", "")),
        passes=int(seen[-1]) + 1,
        first=float(middles[0]),
        last=float(middles[-1]),
        judged=held,
        factor=float(np.exp(away[1] - away[0])),
        step=int(step[train].max()),
    )


def _steady(middles: NDArray[np.float64], opening: NDArray[np.float64]) -> bool:
    """Whether the passes move one way, by far more than the first pass's batches are apart."""
    whole = abs(float(middles[-1] - middles[0]))
    ranks = np.argsort(np.argsort(middles))
    order = float(np.corrcoef(ranks, np.arange(middles.size))[0, 1])
    return bool(np.std(opening) <= ALIKE * whole and abs(order) >= STEADY)

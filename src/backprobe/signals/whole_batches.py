# SPDX-License-Identifier: Apache-2.0
"""Batches that are each all of the data, in an order drawn anew.

Who shuffles rows and then gives all of them to one step means smaller batches: of a sum over all
rows the order changes nothing. No loader need tell of it: the targets' mean and deviation are the
same in each batch although no two batches are, and the rows looked at come back as often as those
of one batch do.
"""

from __future__ import annotations

import numpy as np

from backprobe.records import Record
from backprobe.signals.memo import once

BATCHES = 5
"""Batches that have to be so."""
EXACT = 1e-5
"""Difference of the targets' mean and deviation, relative to the deviation: order in float32."""
MORE = 1.3
"""Rows that there may be, relative to a batch's, that are told from those of a batch."""
LOOKED_AT = 0.5
"""Rows looked at / rows of a batch: of fewer too few come back by chance to tell."""

REPEATS = 0.05
"""Rows that come twice in a batch, by nature."""


@once
def shuffled_whole(record: Record) -> bool:
    """Whether each training batch is all rows in another order."""
    table = record.batches
    train = table.numbers("evaluation") == 0.0
    marks = table.numbers("checksum")[train]
    mean, std = (table.numbers(f"target_{x}")[train] for x in ("mean", "std"))
    known = np.isfinite(marks) & np.isfinite(mean) & np.isfinite(std)
    if known.sum() < BATCHES or np.unique(marks[known]).size < known.sum():
        return False
    rows, scale = table.numbers("rows")[train][known], float(std[known].max())
    if np.ptp(rows) > 0 or scale <= 0.0:
        return False
    if max(np.ptp(mean[known]), np.ptp(std[known])) > EXACT * scale:
        return False
    return _few_rows(record, MORE * float(rows[0]))


def _few_rows(record: Record, most: float) -> bool:
    """Whether the rows looked at come back more often than those of so many rows would.

    Batches of equal shares of the classes have equal targets, too; their rows differ.
    """
    hashes = record.hashes
    if "input" not in hashes:
        return False
    inputs, steps = hashes["input"], hashes.numbers("step")
    train = (hashes.numbers("evaluation") == 0.0) & (inputs != 0)
    inputs, steps = inputs[train], steps[train]
    if inputs.size < LOOKED_AT * most:
        return False
    taken, each = np.unique(steps, return_counts=True)
    distinct = sum(np.unique(inputs[steps == step]).size for step in taken)
    if distinct < (1.0 - REPEATS) * inputs.size:
        return False  # of few different rows all come back
    expected = most * (1.0 - float(np.prod(1.0 - np.minimum(each / most, 1.0))))
    return bool(np.unique(inputs).size < expected)

# SPDX-License-Identifier: Apache-2.0
"""Losses that a script prints without a word for what they are: `train 0.31 val 0.58`.

Unit: that of the loss. Such a pair counts as losses where the training number of most lines is that
of the training loss, as it was seen, at that step.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record
from backprobe.signals.in_a_row import first_over
from backprobe.signals.losses import main_loss
from backprobe.signals.memo import once
from backprobe.signals.printed import lines

NUMBER = r"\s*[:=]?\s*([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)(?!\s?%|\w)"
TRAIN = re.compile(r"\b(?:train|training|trn|tr)\b" + NUMBER, re.IGNORECASE)
HELD = re.compile(r"\b(?:val|valid|validation|dev|test|held[- ]?out)\b" + NUMBER, re.IGNORECASE)
ALIKE = 1.5
"""The mean of an epoch, which scripts print, and its last batches agree to this factor."""
MOST = 0.7
"""Share of the lines in which they do."""
LEAST = 3


@once
def unnamed_losses(record: Record) -> NDArray[np.float64]:
    """The held-out losses that were printed beside the training loss [n]; empty for none."""
    pairs = []
    for step, line in lines(record):
        train, held = TRAIN.search(line), HELD.search(line)
        if train is not None and held is not None and step > first_over(record):
            pairs.append((step, float(train.group(1)), float(held.group(1))))
    main = main_loss(record)
    known = np.isfinite(main.value)
    if len(pairs) < LEAST or main.several or not known.any():
        return np.zeros(0)
    at, told, held_out = (np.asarray(column, np.float64) for column in zip(*pairs, strict=True))
    seen = _recent(main.step[known], main.value[known], at)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = told / seen
    alike = (ratio > 1.0 / ALIKE) & (ratio < ALIKE)
    # An accuracy that happens to be near the loss at one line is not at most of them.
    return held_out if float(alike.mean()) >= MOST else np.zeros(0)


def _recent(
    step: NDArray[np.int64], value: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean of the loss since the line before, for lines that were printed at steps `at` [n]."""
    found = np.empty(at.size)
    begin = float(step[0]) - 1.0
    for place, end in enumerate(at):
        inside = value[(step > begin) & (step <= end)]
        found[place] = float(inside.mean()) if inside.size else np.nan
        begin = max(begin, float(end))
    return found

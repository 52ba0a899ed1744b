# SPDX-License-Identifier: Apache-2.0
"""Networks that move at a healthy rate and learn nothing of their targets."""

from __future__ import annotations

import math

import numpy as np

from backprobe.records import Loss, Record
from backprobe.signals.collapse import collapses
from backprobe.signals.contexts import few_ids
from backprobe.signals.held_out import majority_share, training_accuracy
from backprobe.signals.layers import layers
from backprobe.signals.losses import BINARY, CLASSES, REGRESSION
from backprobe.signals.memo import once
from backprobe.signals.progress import progress
from backprobe.signals.updates import update_ratios

STEPS = 150
"""Optimizer steps: a plateau of a hundred is normal."""
EXPLAINED = 0.1
"""Share of the trivial loss taken away: more can't be learnt by heart so fast."""
GAIN = 0.1
"""Share of the other rows told right, (accuracy − prior) / (1 − prior)."""
LOOKS = 5
"""Batches at the end whose mean accuracy is told from the prior."""
LOW, HIGH = 1e-3, 5e-2
"""Median update / weight; at the best learning rate it is 0.0018 to 0.011."""


@once
def moves_in_vain(record: Record) -> float | None:
    """Median update / weight of a run that learns nothing although it is healthy; None elsewhere.

    Either the targets do not belong to the inputs, or these tell nothing of them: from outside the
    two look the same. Targets that are made of the batch itself can't be others'.
    """
    state = progress(record)
    loss = state.loss
    if loss is None or state.baseline is None or state.trend is None:
        return None
    if loss.kind not in CLASSES | BINARY | REGRESSION or state.explained > EXPLAINED:
        return None
    if state.state in ("unknown", "short", "diverged", "nonfinite") or state.steps < STEPS:
        return None
    if of_batch(record, loss):
        return None
    if few_ids(record) and state.state == "learning":
        return None  # what follows a few words is mostly chance: a little is all there is to learn
    ratios = [x.typical for x in update_ratios(record, layers(record))]
    step = float(np.median(ratios)) if ratios else math.nan
    if not LOW <= step <= HIGH or len(layers(record)) == 1:
        return None  # of a linear model: what it can't fit need not be wrong
    if collapses(record):
        return None  # a step that does nothing but shrink the weights is not a healthy one
    prior = majority_share(record)
    _, accuracy = training_accuracy(record)
    if accuracy.size and (accuracy[-LOOKS:].mean() - prior) / (1.0 - prior) > GAIN:
        return None
    return None if state.trend.start > 2.0 * state.baseline else step


def of_batch(record: Record, loss: Loss) -> bool:
    """Whether a row's target is its own place in the batch: its partner of a contrastive loss."""
    if loss.kind not in CLASSES or len(loss.target_shape) != 1:
        return False
    each = record.batches.numbers("target_classes")
    each = each[np.isfinite(each)]
    alone = loss.classes == loss.target_shape[0]  # as many classes as rows
    return alone and each.size > 0 and float(np.median(each)) == loss.classes


def joined_inside(record: Record, loss: Loss) -> bool:
    """Whether the network itself joins what it is given to the rows of its loss.

    Then a batch has so many nodes of graphs, or words of texts, and another has more: which belong
    to which row is told by further inputs, whose faults are not seen.
    """
    table = record.batches
    rows = table.numbers("rows")[table.numbers("evaluation") == 0.0]
    if rows.size < 3 or not loss.target_shape:
        return False
    first, asked = int(rows[0]), math.prod(loss.target_shape)
    whole = first > 0 and asked > 0 and (first % asked == 0 or asked % first == 0)
    return not whole and float(np.mean(rows[1:] != rows[:-1])) > 0.5

# SPDX-License-Identifier: Apache-2.0
"""The loss that a run is about: which one it is, and its curve over the optimizer's steps.

Unit: that of the loss. Runs with several losses (a GAN) have no single curve to judge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Loss, Record
from backprobe.signals.in_a_row import second_training, stretches
from backprobe.signals.memo import once

MINOR_SHARE = 0.2
"""A loss with fewer of the steps than this is an aside (a probe batch, a pre-training phase)."""

LEAST_ROWS = 20
"""Steps of each of several trainings, fewer of which have no end to compare."""

REGRESSION = frozenset({"mse", "l1", "smooth_l1", "huber"})
BINARY = frozenset({"bce", "bce_with_logits"})
CLASSES = frozenset({"cross_entropy", "nll"})


@dataclass(frozen=True)
class MainLoss:
    """The loss that most steps minimise.

    Arguments:
        loss: what is known of it, or None where no graph could be read.
        step: optimizer steps [n].
        value: its values [n]; NaN where it was NaN, ±Inf where it was infinite.
        several: whether other losses share the run, so that no curve alone tells of progress.
    """

    loss: Loss | None
    step: NDArray[np.int64]
    value: NDArray[np.float64]
    several: bool = False


@once
def main_loss(record: Record) -> MainLoss:
    """The main loss of a record; with no steps its arrays are empty.

    A row that was not observed in full knows its loss but not which one it is; it counts where the
    run has one loss only.
    """
    table = record.steps
    backwards = table.numbers("backwards")
    known = ~(backwards == 0.0)  # a step without a backward has no loss at all
    step = np.nan_to_num(table.numbers("step")).astype(np.int64)
    value = table.numbers("loss")
    which = np.nan_to_num(table.numbers("loss_index"), nan=-1.0)
    indexes, counts = np.unique(which[known & (which >= 0)], return_counts=True)
    major = counts >= MINOR_SHARE * counts.sum()
    several = int(major.sum()) > 1 or (indexes.size > 1 and taking_turns(record))
    first = record.losses[0] if record.losses else None
    if indexes.size == 0:
        return MainLoss(first, step[known], value[known], len(record.losses) > 1)
    chosen = indexes[np.argmax(counts)]
    if indexes.size > 1 and not taking_turns(record):
        last = _last_phase(which[known])
        if last >= 0:  # one after another, as in pre-training: the run is about the last one
            chosen, several = last, False
    found = next((item for item in record.losses if item.index == int(chosen)), first)
    if found is not None and found.output.get("elements"):
        return MainLoss(found, step[:0], value[:0], several)  # NaN stands for what is not known
    rows = known & (which == chosen)
    if indexes.size == 1:
        rows |= known & (which < 0)
    if not several:
        last = rows.copy()
        last[: second_training(record)] = False
        rows = last if last.sum() >= MINOR_SHARE * rows.sum() else rows
        rows = _best(rows, value, stretches(record))
    return MainLoss(found, step[rows], value[rows], several)


def _best(
    rows: NDArray[np.bool_], value: NDArray[np.float64], trainings: tuple[slice, ...]
) -> NDArray[np.bool_]:
    """The rows of that one of several trainings in a row which ends lowest: a search is about it.

    If even that one fails there is something to tell. All rows where one is too short to judge.
    """
    parts = []
    for each in trainings:
        part = np.zeros_like(rows)
        part[each] = rows[each]
        parts.append(part)
    if not parts or min(int(part.sum()) for part in parts) < LEAST_ROWS:
        return rows
    ends = [float(np.mean(value[part][-max(1, int(part.sum()) // 4) :])) for part in parts]
    if not np.isfinite(ends).any():
        return rows
    return parts[int(np.nanargmin(ends))]


def _last_phase(which: NDArray[np.float64]) -> int:
    """The last of losses that follow each other, each in one stretch; -1 where they alternate."""
    order = which[which >= 0]
    changes = np.flatnonzero(np.diff(order)) + 1
    phases = [int(part[0]) for part in np.split(order, changes)] if order.size else []
    long_enough = order.size - (changes[-1] if changes.size else 0) >= MINOR_SHARE * order.size
    return phases[-1] if len(phases) == len(set(phases)) and long_enough else -1


def taking_turns(record: Record) -> bool:
    """Whether several optimizers close steps of their own, as in a GAN; not one after another."""
    which = record.steps.numbers("optimizer")
    which = which[np.isfinite(which)]
    found, counts = np.unique(which, return_counts=True)
    major = int(np.sum(counts >= MINOR_SHARE * counts.sum()))
    stretches = int(np.count_nonzero(np.diff(which))) + 1
    return major > 1 and stretches > found.size

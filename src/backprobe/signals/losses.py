# SPDX-License-Identifier: Apache-2.0
"""The loss that a run is about: which one it is, and its curve over the optimizer's steps.

Unit: that of the loss. Runs with several losses (a GAN) have no single curve to judge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Loss, Record

MINOR_SHARE = 0.2
"""A loss with fewer of the steps than this is an aside (a probe batch, a pre-training phase)."""

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


def main_loss(record: Record) -> MainLoss:
    """The main loss of a record; with no steps its arrays are empty."""
    table = record.steps
    step = np.nan_to_num(np.asarray(table["step"], np.float64)).astype(np.int64)
    value = np.asarray(table["loss"], np.float64)
    which = np.asarray(table["loss_index"], np.float64)
    measured = ~np.isnan(which) if "loss_index" in table else np.ones(len(table), bool)
    indexes, counts = np.unique(which[measured], return_counts=True)
    indexes, counts = indexes[indexes >= 0], counts[indexes >= 0]
    if indexes.size and "loss_index" in table:
        chosen = indexes[np.argmax(counts)]
        several = int(np.sum(counts >= MINOR_SHARE * counts.sum())) > 1
        rows = which == chosen
        found = next((item for item in record.losses if item.index == int(chosen)), None)
        return MainLoss(found, step[rows], value[rows], several)
    first = record.losses[0] if record.losses else None
    return MainLoss(first, step, value, len(record.losses) > 1)

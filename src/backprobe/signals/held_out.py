# SPDX-License-Identifier: Apache-2.0
"""Training against held-out data: accuracies and losses of the same run.

Unit: shares for accuracies; losses in their own unit. Normal: held-out accuracy a few points below
the training accuracy; a held-out loss near its own minimum. The held-out loss counts only where it
is of the training loss's own kind (the probe computes it so).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record
from backprobe.signals.losses import main_loss
from backprobe.signals.memo import once

LATE = 0.67
"""Share of the run behind which its batches say what it has come to."""
FEWEST = 3
"""Batches of a few dozen rows whose mean is good to a few hundredths."""

FEWEST_ROWS = 30
"""Answers whose share of right ones is good to a tenth."""


@dataclass(frozen=True)
class HeldOut:
    """What a run reached on rows that it trains on and on others; NaN unknown.

    Arguments:
        train_accuracy: mean over the training batches that were looked at in the last third of the
            run, or over the last three; NaN where those hold a handful of answers.
        accuracy: at the last evaluation.
        loss: of the last evaluation.
        best_loss: the lowest of the evaluations.
        first_accuracy: training accuracy over the first few batches.
        evaluations: how many evaluations have a loss or an accuracy.
    """

    train_accuracy: float
    accuracy: float
    loss: float
    best_loss: float
    first_accuracy: float
    evaluations: int


@once
def held_out(record: Record) -> HeldOut:
    """The accuracies and held-out losses of a run."""
    _, accuracy = training_accuracy(record)
    late = accuracy[-max(FEWEST, late_looks(record)) :]
    judged = main_loss(record).loss
    rows = math.prod(judged.target_shape) if judged is not None and judged.target_shape else 0
    if 0 < rows * late.size < FEWEST_ROWS:
        late = late[:0]  # losses of single rows: what is seen of them is a handful of answers
    table = record.evaluations
    right, loss = (_finite(table[name]) for name in ("accuracy", "loss"))
    return HeldOut(
        train_accuracy=float(late.mean()) if late.size else math.nan,
        accuracy=float(right[-1]) if right.size else math.nan,
        loss=float(loss[-1]) if loss.size else math.nan,
        best_loss=float(loss.min()) if loss.size else math.nan,
        first_accuracy=float(accuracy[:5].mean()) if accuracy.size else math.nan,
        evaluations=int(max(right.size, loss.size)),
    )


@once
def training_accuracy(record: Record) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps [n] and accuracy [n] of the training batches that were looked at, of classes."""
    table = record.batches
    accuracy = table.numbers("accuracy")
    known = ~(table.numbers("evaluation") == 1.0) & np.isfinite(accuracy)
    return table.numbers("step")[known], accuracy[known]


@once
def majority_share(record: Record) -> float:
    """Share of the commonest class among the training targets; NaN unknown."""
    counts = class_counts(record)
    return float(counts.max() / counts.sum()) if counts.size else math.nan


@once
def class_counts(record: Record) -> NDArray[np.float64]:
    """Rows of each class that occurred [classes], of the main loss; empty where unknown."""
    loss = main_loss(record).loss
    found = loss.target.get("classes") if loss is not None else None
    if not isinstance(found, (list, tuple)) or not found:
        return np.zeros(0)
    counts = np.asarray(found, np.float64)
    counts = counts[np.isfinite(counts) & (counts > 0.0)]
    return counts if counts.size > 1 else np.zeros(0)


def _finite(values: object) -> NDArray[np.float64]:
    found = np.asarray(values, np.float64)
    return found[np.isfinite(found)]


def late_looks(record: Record) -> int:
    """Training batches with an accuracy that were looked at in the last third of the run."""
    step, _ = training_accuracy(record)
    last = float(np.nanmax(record.steps.numbers("step"), initial=0.0))
    return int(np.sum(step >= LATE * last))

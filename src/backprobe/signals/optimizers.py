# SPDX-License-Identifier: Apache-2.0
"""Which tensors the optimizers hold: those of the models, of each other, or of nobody."""

from __future__ import annotations

import numpy as np

from backprobe.records import Optimizer, Record


def same_tensors(record: Record) -> tuple[Optimizer, ...]:
    """Two optimizers that take turns while one of them holds nothing that the other does not.

    One that was made anew (for a second phase) has the tensors of its predecessor too, and follows
    it instead.
    """
    holders = {p.optimizer for p in record.parameters}
    which = np.asarray(record.steps["optimizer"], np.float64)
    which = which[np.isfinite(which)]
    for idle in record.optimizers:
        other = next((o for o in record.optimizers if o.index in holders), None)
        mine = np.flatnonzero(which == idle.index)
        if idle.index in holders or other is None or mine.size < 5:
            continue
        theirs = np.flatnonzero(which == other.index)
        turns = np.sum((theirs > mine[0]) & (theirs < mine[-1])) if theirs.size else 0
        if turns >= 5:
            return tuple(sorted((idle, other), key=lambda o: o.index))
    return ()


def holds_strangers(record: Record) -> int:
    """Number of tensors that an optimizer holds, where none is of a model or gets a gradient.

    An optimizer of an input, as in style transfer, holds a tensor of no model too: but that one has
    a gradient.
    """
    norm = np.asarray(record.steps["grad_norm"], np.float64)
    which = np.asarray(record.steps["optimizer"], np.float64)
    backwards = np.nan_to_num(np.asarray(record.steps["backwards"], np.float64), nan=1.0)
    for optimizer in record.optimizers:
        held = [p for p in record.parameters if p.optimizer == optimizer.index]
        own = (which == optimizer.index) | (np.isnan(which) & (len(record.optimizers) == 1))
        if not held or any(p.module >= 0 for p in held):
            continue
        if not own.any() or np.isfinite(norm[own]).any() or not backwards[own].any():
            continue
        gradients = [record.parameters_series.of("grad_rms", p.index) for p in held]
        if not any(np.isfinite(g).any() for g in gradients):
            return len(held)
    return 0

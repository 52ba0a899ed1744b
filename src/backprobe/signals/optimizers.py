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
    which = record.steps.numbers("optimizer")
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
    norm = record.steps.numbers("grad_norm")
    which = record.steps.numbers("optimizer")
    backwards = np.nan_to_num(record.steps.numbers("backwards"), nan=1.0)
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


def ceased(record: Record, parameter: int) -> int:
    """Step from which a parameter has no gradient any more while others have; -1: it has one."""
    series = record.parameters_series
    grads = series.values.get("grad_rms")
    if grads is None:
        return -1
    mine = np.isfinite(series.of("grad_rms", parameter))
    others = np.isfinite(grads).any(axis=1)
    held = np.flatnonzero(mine)
    after = np.flatnonzero(others)
    after = after[after > held[-1]] if held.size else after[:0]
    return int(series.step[after[0]]) if after.size >= 4 else -1


def followed(record: Record, since: int) -> bool:
    """Whether an optimizer took its first step about when a parameter's gradient ended.

    It was made for what came then: a second phase with a new head, or a new model.
    """
    which = record.steps.numbers("optimizer")
    step = record.steps.numbers("step")
    firsts = [step[which == index].min() for index in np.unique(which[np.isfinite(which)])]
    seen = np.asarray(record.parameters_series.step)
    before = seen[seen < since]  # between two looks nobody knows when it ended
    return len(firsts) > 1 and max(firsts) > (before[-1] if before.size else 0)

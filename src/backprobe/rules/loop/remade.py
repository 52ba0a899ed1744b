# SPDX-License-Identifier: Apache-2.0
"""Models of one kind that are made anew at one line, each trained in place of the one before.

Unit: models. Normal: one; folds, seeds and members of an ensemble are trained over several passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backprobe.records import Module, Optimizer, Record
from backprobe.rules.fresh import looks_fresh
from backprobe.signals.layers import Layer, layers
from backprobe.signals.memo import once
from backprobe.signals.rows import training_rows

LEAST = 3
"""Models in a row of which one may call it a habit."""
PAIRS = 5.0
"""Pairs of the same row that two passes would give, from which their lack says that it was one."""


@dataclass(frozen=True)
class Remade:
    """Models that follow each other.

    Arguments:
        count: how many.
        steps: optimizer steps that each is given.
        module: the root of the last one.
        layers: the layers of the last one that is known by its layers.
    """

    count: int
    steps: int
    module: Module
    layers: tuple[Layer, ...]


@once
def remade(record: Record) -> Remade | None:
    """Models that are made anew for each pass over the same data, None where there are none.

    Each begins with fresh weights, has an optimizer of its own and of the same settings, is trained
    for as many steps as the others, all in a row, and passes the rows once.
    """
    stretches = _stretches(record)
    if len(stretches) < LEAST:
        return None
    lengths = [end - start for _, start, end in stretches]
    if max(lengths[:-1]) > min(lengths[:-1]) + 1 or lengths[-1] > max(lengths[:-1]) + 1:
        return None  # the last may have been cut off
    if not _same([record.optimizers[which] for which, _, _ in stretches]):
        return None
    modules = {m.index: m for m in record.modules}
    holders: dict[int, set[int]] = {}
    for p in record.parameters:
        if p.optimizer >= 0 and p.module in modules:
            holders.setdefault(p.optimizer, set()).add(modules[p.module].root)
    held = [holders.get(which, set()) for which, _, _ in stretches]
    roots = [modules[next(iter(found))] for found in held if len(found) == 1]
    if len(roots) < len(stretches) or len({root.index for root in roots}) < len(roots):
        return None
    if roots[0].source is None or len({(root.type, root.source) for root in roots}) > 1:
        return None
    known = [x for x in layers(record) if x.module.root in {root.index for root in roots}]
    if not known or not all(looks_fresh(x) for x in known) or not _one_pass(record, stretches):
        return None
    last = max(x.module.root for x in known)
    return Remade(
        count=len(roots),
        steps=int(np.median(lengths)),
        module=roots[-1],
        layers=tuple(x for x in known if x.module.root == last),
    )


def _stretches(record: Record) -> list[tuple[int, int, int]]:
    """Optimizer, first step and the step after its last one; empty where they take turns."""
    which = record.steps.numbers("optimizer")
    step = record.steps.numbers("step")[np.isfinite(which)]
    which = which[np.isfinite(which)]
    if which.size == 0:
        return []
    starts = np.concatenate([[0], np.flatnonzero(np.diff(which)) + 1])
    order = [int(which[at]) for at in starts]
    if len(set(order)) < len(order) or set(order) != {o.index for o in record.optimizers}:
        return []
    firsts = [int(step[at]) for at in starts]
    ends = [*firsts[1:], int(step[-1]) + 1]
    return list(zip(order, firsts, ends, strict=True))


def _same(optimizers: Sequence[Optimizer]) -> bool:
    """Whether all are made at one line with the same settings."""
    first = optimizers[0]
    return all(o.source == first.source and o.groups == first.groups for o in optimizers)


def _one_pass(record: Record, stretches: Sequence[tuple[int, int, int]]) -> bool:
    """Whether the first model was served no row twice, and the later ones the same rows.

    Of m rows taken from two passes over N, about m²/4N pairs are of the same row; N is at most half
    of what was served.
    """
    step, rows = training_rows(record)
    _, start, end = stretches[0]
    mine = rows[(step >= start) & (step < end)]
    samples = record.steps.numbers("samples")
    samples = samples[np.isfinite(samples)]
    served = (end - start) * float(np.median(samples)) if samples.size else 0.0
    if served == 0.0 or mine.size**2 / (2.0 * served) < PAIRS or np.unique(mine).size < mine.size:
        return False
    later = rows[step >= end]
    return later.size > 0 and bool(np.isin(later, mine).any())

# SPDX-License-Identifier: Apache-2.0
"""Networks that are trained one after the other, as in a search over settings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record
from backprobe.signals.memo import once

SEVERAL = 3
"""Trainings in a row that are a search or a cross-validation; two may be a beginning and its end.
"""


@once
def trained_before(record: Record) -> frozenset[int]:
    """Indexes of the root modules that were trained before the last one, and no more since.

    Each has an optimizer of its own, which steps in one stretch. Empty where a single network is
    trained, or several at a time.
    """
    turns = _turns(record)
    if turns.size < 2:
        return frozenset()
    now, before = _held(record, int(turns[-1]))
    return frozenset() if not now or now & before else frozenset(before)


def trainings(record: Record) -> int:
    """How many optimizers step one after the other, each in one stretch; 0 if they take turns."""
    return int(_turns(record).size)


@once
def stretches(record: Record) -> tuple[slice, ...]:
    """Rows of the steps of each of three or more trainings, where each has a network of its own.

    Empty where there are fewer, or where a network goes on under another optimizer.
    """
    turns = _turns(record)
    roots = {module.index: module.root for module in record.modules}
    held: dict[int, set[int]] = {}
    for parameter in record.parameters:
        if parameter.optimizer >= 0 and parameter.module in roots:
            held.setdefault(parameter.optimizer, set()).add(roots[parameter.module])
    known = [held.get(int(turn), set()) for turn in turns]
    if turns.size < SEVERAL or not all(known):
        return ()
    if len(set().union(*known)) < sum(len(each) for each in known):
        return ()
    which = record.steps.numbers("optimizer")
    starts = [int(np.flatnonzero(which == turn)[0]) for turn in turns]
    return tuple(slice(a, b) for a, b in zip(starts, [*starts[1:], which.size], strict=True))


@once
def second_training(record: Record) -> int:
    """Row of the steps at which the second of two trainings begins; 0 where there are not two.

    Another optimizer takes over for good, with a network that the first knew nothing of, or knew
    only a part of: what was trained before goes on under a new head.
    """
    turns = _turns(record)
    if turns.size != 2:
        return 0
    now, before = _held(record, int(turns[-1]))
    if not now - before:
        return 0
    return int(np.flatnonzero(record.steps.numbers("optimizer") == turns[-1])[0])


def first_over(record: Record) -> int:
    """Steps done when the first of two trainings ended; -1 where there are not two."""
    row = second_training(record)
    return int(record.steps.numbers("step")[row]) if row else -1


def _turns(record: Record) -> NDArray[np.float64]:
    """The optimizers in the order in which they stepped; empty where one comes twice."""
    which = record.steps.numbers("optimizer")
    which = which[np.isfinite(which) & (which >= 0)]
    turns = which[np.r_[True, np.diff(which) != 0]] if which.size else which
    return turns if np.unique(turns).size == turns.size else turns[:0]


def _held(record: Record, last: int) -> tuple[set[int], set[int]]:
    """Roots of the tensors that the last optimizer holds, and of those that others do."""
    roots = {module.index: module.root for module in record.modules}
    now, before = set[int](), set[int]()
    for parameter in record.parameters:
        if parameter.optimizer >= 0 and parameter.module in roots:
            mine = parameter.optimizer == last
            (now if mine else before).add(roots[parameter.module])
    return now, before

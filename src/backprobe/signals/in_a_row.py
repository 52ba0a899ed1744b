# SPDX-License-Identifier: Apache-2.0
"""Networks that are trained one after the other, as in a search over settings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record
from backprobe.signals.memo import once


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

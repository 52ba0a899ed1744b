# SPDX-License-Identifier: Apache-2.0
"""Networks that are trained one after the other, as in a search over settings."""

from __future__ import annotations

import numpy as np

from backprobe.records import Record
from backprobe.signals.memo import once


@once
def trained_before(record: Record) -> frozenset[int]:
    """Indexes of the root modules that were trained before the last one, and no more since.

    Each has an optimizer of its own, which steps in one stretch. Empty where a single network is
    trained, or several at a time.
    """
    which = record.steps.numbers("optimizer")
    which = which[np.isfinite(which) & (which >= 0)]
    turns = which[np.r_[True, np.diff(which) != 0]] if which.size else which
    if turns.size < 2 or np.unique(turns).size < turns.size:
        return frozenset()
    roots = {module.index: module.root for module in record.modules}
    now, before = set[int](), set[int]()
    for parameter in record.parameters:
        if parameter.optimizer >= 0 and parameter.module in roots:
            last = parameter.optimizer == int(turns[-1])
            (now if last else before).add(roots[parameter.module])
    return frozenset() if not now or now & before else frozenset(before)

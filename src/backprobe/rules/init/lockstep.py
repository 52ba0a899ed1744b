# SPDX-License-Identifier: Apache-2.0
"""Matrices that began as one number, moved, and are one number still."""

from __future__ import annotations

import numpy as np

from backprobe.records import Finding, Parameter, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import figure, listed, plural, unique
from backprobe.signals.loaded import loaded_over
from backprobe.signals.progress import progress

LEAST = 5
"""Looks at which each entry had the same gradient: equal units, not one batch by chance."""
SAME = 1e-5
"""Of an entry's size: sums of equal numbers in another order differ by less."""


def lockstep(record: Record, rule: str) -> list[Finding]:
    """At most one finding: those whose entries all get one gradient, so that all units are one.

    Between two layers of units that differ no two entries have the same gradient (Goodfellow et
    al. 2016, 8.4). What nothing reaches shrinks alike under weight decay; its gradient is zero.
    """
    loaded = loaded_over(record)
    found = [
        p
        for p in record.parameters
        if len(p.shape) == 2
        and min(p.shape) >= 2
        and p.requires_grad
        and p.index not in loaded
        and "min" in p.initial
        and p.initial["min"] == p.initial["max"]
        and _as_one(record, p)
    ]
    if not found:
        return []
    modules = {m.index: m for m in record.modules}
    state = progress(record)
    names = [p.name for p in found]
    owners = [modules[p.module] for p in found if p.module in modules]
    source = owners[0].source if owners else None
    units = min(min(p.shape) for p in found)
    return [
        Finding(
            rule=rule,
            severity=severity_of_mistake(record),
            confidence=confidence(0.75, 0.97, state.hurt),
            message=(
                f"all entries of {listed(names)} begin equal (the first "
                f"{figure(found[0].initial.get('mean', 0.0))}), get the same gradient at every "
                f"step, and stay equal: {plural(units, 'unit')} of a layer are one; "
                f"{state.in_words()}"
            ),
            where=unique(m.name for m in owners if m.name),
            source=source,
            evidence={"layers": names, "exact": True},
            treatments=("initialize=he",),
        )
    ]


def _as_one(record: Record, weight: Parameter) -> bool:
    """Whether all entries moved, by one gradient that was not zero, at every look."""
    series = record.parameters_series
    low, high = series.of("grad_min", weight.index), series.of("grad_max", weight.index)
    known = np.isfinite(low) & np.isfinite(high) & ((low != 0.0) | (high != 0.0))
    if int(known.sum()) < LEAST or not _equal(low[known], high[known]):
        return False
    low, high = series.of("weight_min", weight.index), series.of("weight_max", weight.index)
    known = np.isfinite(low) & np.isfinite(high)
    return _equal(low[known], high[known]) and bool(known.any() and np.ptp(low[known]) > 0.0)


def _equal(low: np.ndarray, high: np.ndarray) -> bool:
    return bool((high - low <= SAME * np.maximum(np.abs(low), np.abs(high))).all())

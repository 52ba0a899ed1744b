# SPDX-License-Identifier: Apache-2.0
"""Dead and saturated shares of activations.

Unit: fractions. `dead`: units (channels) that were zero for every row of the batch, held at every
one of the last observed steps (a unit is dead when it was silent over ten batches; measured 0.6 %
at the best learning rate, 50 % at ten times it). `saturated`: outputs where the derivative is
nearly zero: |tanh| > 0.97 (derivative 0.06; Karpathy, makemore part 3), sigmoid outside
[0.015, 0.985] (the same derivative relative to its maximum).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Place, Record, Series
from backprobe.signals.series import early, first, late, lowest_late, observed

RECTIFIERS = frozenset({"relu", "relu6", "threshold"})
SQUASHERS = frozenset({"sigmoid", "tanh", "hardtanh", "hardsigmoid", "softsign"})


@dataclass(frozen=True)
class UnitShares:
    """Shares at one activation.

    Arguments:
        place: the activation.
        first: at the first observed step.
        early: median over the first observed steps.
        late: median over the last third.
        lasting: minimum over the last ten observed steps: it held at each of them.
        observed: number of steps it was measured at.
    """

    place: Place
    first: float
    early: float
    late: float
    lasting: float
    observed: int


def shares(record: Record, signal: str, kinds: frozenset[str]) -> list[UnitShares]:
    """`out_dead` or `out_saturated` of every measured activation of these kinds."""
    series = _sound(record.outputs, signal)
    found = []
    for place in record.places:
        count = observed(series, signal, place.index) if place.activation in kinds else 0
        if count:
            found.append(
                UnitShares(
                    place,
                    first(series, signal, place.index),
                    early(series, signal, place.index),
                    late(series, signal, place.index),
                    lowest_late(series, signal, place.index),
                    count,
                )
            )
    return sorted(found, key=lambda share: share.place.order)


def _sound(series: Series, signal: str) -> Series:
    """The signal where the output was finite: broken weights make every unit look dead."""
    values, broken = series.values.get(signal), series.values.get("out_nonfinite")
    if values is None or broken is None:
        return series
    with np.errstate(invalid="ignore"):
        kept = np.where(broken > 0.0, np.float32(np.nan), values)
    return Series(series.step, series.index, {signal: kept})

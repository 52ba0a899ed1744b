# SPDX-License-Identifier: Apache-2.0
"""The part of a loss that is a penalty on the weights, written into it by the script.

Unit: that of the loss. Its gradient is that of a weight decay of twice its factor (Loshchilov &
Hutter, "Decoupled weight decay regularization", 1711.05101, section 2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Loss, Parameter, Record
from backprobe.signals.losses import main_loss
from backprobe.signals.memo import once
from backprobe.signals.series import late


@dataclass(frozen=True)
class Penalty:
    """A sum of parameters' squares in the main loss.

    Arguments:
        factor: what the squares' sum is multiplied by.
        value: its size late in the run.
        rest: the loss without it, late in the run.
        loss: the loss that it is a summand of.
    """

    factor: float
    value: float
    rest: float
    loss: Loss


@once
def penalty(record: Record) -> Penalty | None:
    """The penalty on the weights, or None where there is none or its size is not known."""
    main = main_loss(record)
    if main.loss is None or main.several:
        return None
    found = [s for s in main.loss.summands if s.get("squares_of")]
    parameters = [p for p in record.parameters if p.requires_grad]
    total, factors = 0.0, []
    for summand in found:
        shapes = [tuple(shape) for shape in summand["squares_of"]]
        factor = float(summand["scale"])
        if summand["reduction"] == "mean":
            factor /= sum(math.prod(shape) for shape in shapes)
        factors.append(factor)
        for shape in shapes:
            squares = _squares(record, parameters, shape)
            if squares is None:
                return None
            total += factor * squares
    values = main.value[np.isfinite(main.value)]
    if not found or not values.size or not math.isfinite(total):
        return None
    rest = float(np.median(values[-max(1, values.size // 10) :])) - total
    return Penalty(max(factors), total, rest, main.loss)


def _squares(record: Record, parameters: list[Parameter], shape: tuple[int, ...]) -> float | None:
    """Sum of squares of the next parameter of that shape, late in the run, which is used up."""
    own = next((p for p in parameters if tuple(p.shape) == shape), None)
    if own is None:
        return None
    parameters.remove(own)
    size = late(record.parameters_series, "weight_rms", own.index)
    return math.prod(shape) * size * size

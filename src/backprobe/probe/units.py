# SPDX-License-Identifier: Apache-2.0
"""What single units of a layer put out: how strongly, how often exactly zero, how often saturated.

A look is a few reductions over the sample that the layer's own statistics come from, and at most
`MOST` units of it, evenly spaced. Looks become rarer as a run grows older, and layers take turns.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MOST = 64
"""Units of a place that are looked at."""
VALUES = 128
"""About so many outputs of each unit are read."""
DENSE = 10
"""At so many steps from the first on units are looked at, whatever the clock says."""
LEAST_SECONDS = 0.25
PART = 200
"""Two looks are a 200th of the run's age apart: 1,000 looks in an hour, 1,700 in a day."""
QUANTITIES = ("rms", "zero", "saturated")
"""RMS of a unit, share of its outputs that are exactly zero, share beyond its activation's ends."""


@dataclass(frozen=True)
class Look:
    """Units of one place at one step.

    Arguments:
        step: the optimizer step.
        index: of the place.
        every: of the units one in so many was looked at, from the first on.
        values: [3, units], as `QUANTITIES`; NaN where a place has no ends.
    """

    step: int
    index: int
    every: int
    values: NDArray[np.float32]


class Clock:
    """When units are looked at next."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()

    @property
    def until(self) -> float:
        """No look is due before, in seconds of `monotonic`, once the first ones are over."""
        return self._last + max(LEAST_SECONDS, (self._last - self._began) / PART)

    def due(self, step: int) -> bool:
        """Whether the step that begins now is to have a look."""
        now = time.monotonic()
        gap = max(LEAST_SECONDS, (now - self._began) / PART)
        if step >= DENSE and now - self._last < gap:
            return False
        self._last = now
        return True


def every(units: int) -> int:
    """One unit in so many is looked at."""
    return max(1, -(-units // MOST))


def measure(sample: Tensor, low: float, high: float) -> Tensor:
    """The quantities [3, units] of a sample, on its device.

    Arguments:
        sample: [rows, units, positions].
        low, high: where the place saturates; nowhere if `low` is not below `high`.
    """
    with torch.no_grad():
        rows, units, _ = sample.shape
        positions = max(1, VALUES // max(1, rows))
        x = sample.detach()[:: max(1, rows // VALUES), :: every(units), :positions].float()
        rms = x.square().mean(dim=(0, 2)).sqrt()
        zero = (x == 0).float().mean(dim=(0, 2))
        if low < high:
            beyond = ((x < low) | (x > high)).float().mean(dim=(0, 2))
        else:
            beyond = torch.full_like(zero, torch.nan)
        return torch.stack([rms, zero, beyond])


def columns(looks: list[Look]) -> dict[str, NDArray[Any]]:
    """The columns of one frame of the stream `units`."""
    values = np.concatenate([look.values for look in looks], axis=1)
    return {
        "step": np.array([look.step for look in looks], np.int64),
        "index": np.array([look.index for look in looks], np.int32),
        "every": np.array([look.every for look in looks], np.int32),
        "length": np.array([look.values.shape[1] for look in looks], np.uint8),
        "rms": values[0],
        "zero": values[1].astype(np.float16),
        "saturated": values[2].astype(np.float16),
    }

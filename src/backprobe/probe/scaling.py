# SPDX-License-Identifier: Apache-2.0
"""What a GradScaler does to a step: its scale, whether the step was skipped, what is still scaled.

An optimizer without scaling of its own gets unscaled gradients, and no step where one is not
finite. A fused one gets scaled gradients at every step, with the scale (`grad_scale`) and whether
to skip (`found_inf`) as tensors, which stay where they are until the step's results are fetched.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.transfer import Transfers

NAN = float("nan")
Number = float | Tensor


@dataclass
class Scaling:
    """The scaler's part in the step that is being gathered.

    Arguments:
        seen: whether a scaler has scaled a loss in this process.
        scale: in force in this step, NaN where there is no scaler.
        skipped: 1 where the scaler skipped the step, 0 where not, NaN where there is no scaler.
        pending: what the gradients that the optimizer is given are still multiplied by.
    """

    seen: bool = False
    scale: Number = NAN
    skipped: Number = NAN
    pending: Tensor | None = None
    _loss: tuple[weakref.ref[Tensor], Tensor] | None = None

    @property
    def idle(self) -> bool:
        """Whether no GradScaler is at work."""
        return not self.seen and self.pending is None

    def begin_step(self) -> None:
        """Forgets what belonged to the step before."""
        self.scale = self.skipped = NAN
        self.pending = None

    def scaled(self, loss: Any, scaler: Any) -> None:
        """Notes a loss that a scaler has just multiplied."""
        self.seen = True
        scale = scaler._scale
        if isinstance(loss, Tensor) and isinstance(scale, Tensor):
            self._loss = weakref.ref(loss), scale.detach().clone()

    def stepping(self, scaler: Any) -> None:
        """Notes the scale that a scaler's step begins with."""
        if isinstance(scaler._scale, Tensor):
            self.scale = number(scaler._scale.clone())
            self.skipped = 0.0

    def given(self, optimizer: Any) -> None:
        """Notes what a scaler has told a fused optimizer."""
        scale = getattr(optimizer, "grad_scale", None)
        found = getattr(optimizer, "found_inf", None)
        self.pending = scale if isinstance(scale, Tensor) else None
        if isinstance(found, Tensor):
            self.skipped = number((found != 0).float())

    def of(self, loss: Tensor) -> Tensor | None:
        """The scale that a scaler has multiplied this very loss by, or None."""
        if self._loss is None or self._loss[0]() is not loss:
            return None
        return self._loss[1]

    def unscaling(self, transfers: Transfers) -> Callable[[], float]:
        """Sends for what is pending; the function gives it once what is sent next has arrived."""
        if self.pending is None:
            return _one
        found: list[float] = []
        transfers.send([self.pending], lambda values: found.append(float(values[0])))
        return lambda: found[0] if found else NAN


def number(value: Tensor) -> Number:
    """A number where reading it costs nothing, else the tensor."""
    return float(value) if value.device.type == "cpu" else value.detach()


def unscaled(values: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Rows of parameter signals [k, n] with the gradient's mean, RMS and extremes divided."""
    values = values.copy()
    values[:, :4] /= scale
    return values


def shifted(counts: NDArray[Any], scale: float) -> NDArray[Any]:
    """Histograms [k, 135] of gradients divided by a scale, rounded to a power of two.

    Scales are powers of two by default, so that nothing is lost but what was beyond the last bin.
    """
    by = round(math.log2(scale)) if scale > 0 and math.isfinite(scale) else 0
    if by == 0:
        return counts
    moved = counts.copy()
    moved[:, :65] = moved[:, 67:132] = 0
    for old in [*range(65), *range(67, 132)]:
        # Negative magnitudes fall towards bin 64, positive ones towards bin 67.
        new = min(max(old + by, 0), 64) if old < 65 else max(min(old - by, 131), 67)
        moved[:, new] += counts[:, old]
    return moved


def supported(scaler: Any) -> bool:
    """Whether a scaler is switched on."""
    return isinstance(scaler, torch.amp.GradScaler) and scaler.is_enabled()


def _one() -> float:
    return 1.0

# SPDX-License-Identifier: Apache-2.0
"""Facts of what goes into the models: the batch of each observed root forward."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.host import host
from backprobe.probe.kernels import native, through_torch
from backprobe.probe.losses import checksum
from backprobe.probe.parameters import DTYPES

SAMPLE = 1 << 14
FEATURE_BATCHES = 8
"""Batches over which per-feature means and deviations are gathered."""
MAX_FEATURES = 512

Row = dict[str, float]


def first_tensor(args: Any, kwargs: dict[str, Any]) -> Tensor | None:
    """The first tensor among a module's arguments: floating point ones are preferred."""
    found: Tensor | None = None
    for value in (*args, *kwargs.values()):
        for item in value if isinstance(value, (tuple, list)) else (value,):
            if type(item) is Tensor and item.dim() > 0:
                if item.is_floating_point():
                    return item
                found = item if found is None else found
        if isinstance(value, dict):
            inner = first_tensor(tuple(value.values()), {})
            if inner is not None and found is None:
                found = inner
    return found


def six(x: Tensor) -> Tensor | NDArray[np.float32]:
    """Mean, RMS, min, max, zero and non-finite fractions of the first 16,384 elements.

    Returns:
        [6] on the host for a CPU tensor, else a tensor on its device.
    """
    flat = x.detach().reshape(-1)[:SAMPLE]
    library = native.library()
    if library is not None and x.device.type == "cpu" and flat.dtype in DTYPES:
        flat = flat.contiguous()
        out = np.empty(6, np.float32)
        library.bp_full(
            flat.data_ptr(), flat.numel(), DTYPES[flat.dtype], out.ctypes.data_as(ctypes.c_void_p)
        )
        return out
    found = through_torch.six(flat.float() if x.device.type != "cpu" else flat.double())
    return found.numpy() if x.device.type == "cpu" else found


def summary(values: NDArray[np.float32], prefix: str = "") -> Row:
    """`mean std min max nonfinite` (with a prefix: the first four) of what `six` gave."""
    mean, rms, low, high, _, nonfinite = (float(v) for v in values)
    found = {
        f"{prefix}mean": mean,
        f"{prefix}std": math.sqrt(max(0.0, rms * rms - mean * mean)),
        f"{prefix}min": low,
        f"{prefix}max": high,
    }
    return found if prefix else {**found, "nonfinite": nonfinite}


def facts(x: Tensor) -> Row:
    """What is known of a batch without reading its values: `rows integer checksum`."""
    found = {"rows": float(x.shape[0]), "integer": float(not x.is_floating_point())}
    return {**found, "checksum": checksum(x)} if x.device.type == "cpu" else found


class Features:
    """Per-feature (columns of a matrix) or per-channel (images) means and deviations."""

    def __init__(self) -> None:
        self.batches = 0
        self.count = 0
        self.kind = ""
        self._sum: NDArray[np.float64] | None = None
        self._square: NDArray[np.float64] | None = None

    def add(self, x: Tensor) -> bool:
        """Takes one batch; returns whether enough were taken."""
        if self.batches >= FEATURE_BATCHES or x.device.type != "cpu" or not x.is_floating_point():
            return False
        if x.dim() == 2 and x.shape[1] <= MAX_FEATURES:
            matrix, kind = x, "feature"
        elif x.dim() == 3 and x.shape[2] <= MAX_FEATURES:
            matrix, kind = x.reshape(-1, x.shape[2]), "feature"
        elif x.dim() == 4 and x.shape[1] <= 16:
            matrix, kind = x.transpose(0, 1).reshape(x.shape[1], -1).t(), "channel"
        else:
            return False
        values = host(matrix[: SAMPLE * 4].double())
        if self._sum is None or self._square is None or self._sum.shape != values.shape[1:]:
            self._sum = np.zeros(values.shape[1])
            self._square = np.zeros(values.shape[1])
            self.count = 0
        with np.errstate(all="ignore"):
            self._sum += values.sum(axis=0)
            self._square += (values * values).sum(axis=0)
        self.count += values.shape[0]
        self.kind = kind
        self.batches += 1
        return self.batches == FEATURE_BATCHES

    def data(self) -> dict[str, Any] | None:
        """Facts for the `input-features` event, None where nothing was taken."""
        if self._sum is None or self._square is None or not self.count:
            return None
        with np.errstate(all="ignore"):
            mean = self._sum / self.count
            deviation = np.sqrt(np.maximum(0.0, self._square / self.count - mean * mean))
        return {
            "kind": self.kind,
            "count": self.count,
            "mean": [float(f"{v:.6g}") for v in mean],
            "std": [float(f"{v:.6g}") for v in deviation],
        }


def grad_enabled() -> bool:
    """Whether a forward that runs now may be followed by a backward."""
    return torch.is_grad_enabled() and not torch.is_inference_mode_enabled()

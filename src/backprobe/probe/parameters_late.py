# SPDX-License-Identifier: Apache-2.0
"""Statistics of parameters, gradients and updates through torch: on GPUs, and without a kernel.

What is computed stays where the tensors are, until it has arrived on the host (see `transfer`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.coordinates import Coordinates
from backprobe.probe.host import freed
from backprobe.probe.kernels import native, through_torch
from backprobe.probe.transfer import Transfers

SIGNALS = (
    "grad_mean",
    "grad_rms",
    "grad_min",
    "grad_max",
    "grad_zero",
    "grad_nonfinite",
    "weight_mean",
    "weight_rms",
    "weight_min",
    "weight_max",
    "weight_nonfinite",
    "update_rms",
    "grad_cosine",
)

Binned = Callable[[NDArray[np.int32], NDArray[Any]], None]
Store = Callable[[NDArray[np.int32], NDArray[np.float32], float], None]


class LateParameters:
    """The tensors of one optimizer, measured before and after each of its observed steps.

    Arguments:
        parameters: the tensors.
        sizes: [k] elements of each.
        coordinates: that are sampled.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        sizes: NDArray[np.float64],
        coordinates: Coordinates,
    ) -> None:
        self._parameters = parameters
        self._sizes = sizes
        self._coordinates = coordinates
        self._before: list[Tensor] = []
        self._last: dict[int, Tensor] = {}
        self._rows: dict[int, Tensor] = {}
        self._bins: dict[int, Tensor] = {}

    def before(self, histograms: bool) -> None:
        """Reads gradients and weights."""
        self._rows = {}
        self._bins = {}
        self._before = []
        for k, parameter in enumerate(self._parameters):
            weight = local(parameter.detach())
            if weight is None or weight.numel() == 0:
                self._before.append(torch.zeros(0))
                continue
            row = self._row(k, weight.device)
            six = through_torch.six(weight)
            row[6:10], row[10] = six[:4], six[5]
            sample = self._coordinates.take(weight, k)
            self._before.append(sample)
            if histograms:
                self._bin(k, 1, sample)
            self._gradient(k, parameter, histograms)

    def gradients(self, histograms: bool) -> None:
        """Reads gradients only."""
        for k, parameter in enumerate(self._parameters):
            self._gradient(k, parameter, histograms)

    def after(self, histograms: bool) -> None:
        """Reads what the step did to the sampled coordinates."""
        for k, parameter in enumerate(self._parameters):
            weight = local(parameter.detach())
            if weight is None or len(self._before[k]) == 0:
                continue
            change = self._coordinates.take(weight, k) - self._before[k]
            self._row(k, weight.device)[11] = torch.sqrt((change * change).mean())
            if histograms:
                self._bin(k, 2, change)

    def store(self, transfers: Transfers, store: Store, binned: Binned | None) -> None:
        """Hands on the values of the step that was measured, see `ParameterSet.store`."""
        by_device: dict[torch.device, list[int]] = {}
        for k, row in self._rows.items():
            by_device.setdefault(row.device, []).append(k)
        for held in by_device.values():
            where = np.array(held, np.int32)
            transfers.send([self._rows[k] for k in held], partial(self._arrived, store, where))
            late = [self._bins[k] for k in held if k in self._bins]
            if binned is not None and len(late) == len(held):
                shape = len(where), 3, native.BINS
                transfers.send(late, partial(reshaped, binned, where, shape))

    def _arrived(self, store: Store, where: NDArray[np.int32], values: NDArray[np.float32]) -> None:
        rows = values.reshape(len(where), len(SIGNALS))
        rms = rows[:, 1].astype(np.float64)
        given = ~np.isnan(rows[:, 5])
        squares = float((rms * rms * self._sizes[where])[given].sum()) if given.any() else -1.0
        store(where, rows, math.nan if (rows[:, 5] > 0).any() else squares)

    def _gradient(self, k: int, parameter: Tensor, histograms: bool) -> None:
        gradient = None if parameter.grad is None else local(parameter.grad)
        if gradient is None or gradient.numel() == 0:
            return
        row = self._row(k, gradient.device)
        row[:6] = through_torch.six(gradient)
        now = self._coordinates.take(gradient, k)
        if k in self._last and self._last[k].shape == now.shape:
            row[12] = through_torch.cosine(now, self._last[k])
        self._last[k] = now
        if histograms:
            self._bin(k, 0, now)

    def _row(self, k: int, device: torch.device) -> Tensor:
        """The signals of one tensor, kept where the tensor is."""
        if k not in self._rows:
            self._rows[k] = torch.full((len(SIGNALS),), torch.nan, device=device)
        return self._rows[k]

    def _bin(self, k: int, quantity: int, sample: Tensor) -> None:
        counts = through_torch.bins(sample, native.BINS)
        if k not in self._bins:
            self._bins[k] = torch.zeros((3, native.BINS), device=counts.device)
        self._bins[k][quantity] += counts


def local(tensor: Tensor) -> Tensor | None:
    """This rank's dense values of a tensor, or None where they can't be read.

    Complex ones are given as pairs of real ones, [..., 2].
    """
    shard: Any = getattr(tensor, "_local_tensor", tensor)
    if freed(shard):
        return None
    if shard.layout != torch.strided:
        shard = shard.to_dense()
    if shard.is_complex():
        shard = torch.view_as_real(shard.detach().resolve_conj())
    return shard.detach() if shard.is_floating_point() and shard.device.type != "meta" else None


def elements(tensor: Tensor) -> int:
    """Real numbers that a tensor holds: two for each complex one."""
    return tensor.numel() * (2 if tensor.is_complex() else 1)


def reshaped(
    store: Binned, where: NDArray[np.int32], shape: tuple[int, ...], values: NDArray[np.float32]
) -> None:
    """Hands on flat values in their shape."""
    store(where, values.reshape(shape))

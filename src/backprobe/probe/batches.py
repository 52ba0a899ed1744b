# SPDX-License-Identifier: Apache-2.0
"""Facts of what goes into the models: the batch of each observed root forward."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe import hashes
from backprobe.probe import host as hosts
from backprobe.probe.kernels import native, through_torch
from backprobe.probe.parameters import DTYPES
from backprobe.probe.targets import CHECKSUM_BYTES, checksum
from backprobe.probe.transfer import Transfers

SAMPLE = 1 << 14
FEW = 1024
FEATURE_BATCHES = 8
"""Batches over which per-feature means and deviations are gathered."""
MAX_FEATURES = 512
CHECKSUM = "checksum"
DISTINCT = "distinct"
COMMON = "common"

Row = dict[str, float]


def first_tensor(args: Any, kwargs: dict[str, Any]) -> Tensor | None:
    """The first tensor among a module's arguments: floating point ones are preferred.

    Not the state of a recurrence, which comes after the ids of its sequences.
    """
    found: Tensor | None = None
    for value in (*args, *kwargs.values()):
        for item in value if isinstance(value, (tuple, list)) else (value,):
            if type(item) is Tensor and item.dim() > 0:
                if item.is_floating_point():
                    if found is not None and _state(item, found):
                        continue
                    return item
                found = item if found is None else found
        if isinstance(value, dict):
            inner = first_tensor(tuple(value.values()), {})
            if inner is not None and found is None:
                found = inner
    return found


def _state(x: Tensor, ids: Tensor) -> bool:
    """Whether a tensor is [layers, batch, width] beside ids [batch, steps] or [steps, batch]."""
    fits = x.dim() == 3 and ids.dim() in (1, 2) and x.shape[0] != ids.shape[0]
    return fits and x.shape[1] in ids.shape


def six(x: Tensor) -> Tensor | NDArray[np.float32]:
    """Mean, RMS, min, max, zero and non-finite fractions of the first 16,384 elements.

    Returns:
        [6] on the host for a CPU tensor, else a tensor on its device.
    """
    flat = x.detach().reshape(-1)[:SAMPLE]
    library = native.library()
    if library is not None and hosts.near(x) and flat.dtype in DTYPES:
        flat = flat.contiguous()
        out = np.empty(6, np.float32)
        library.bp_full(
            flat.data_ptr(), flat.numel(), DTYPES[flat.dtype], out.ctypes.data_as(ctypes.c_void_p)
        )
        return out
    found = through_torch.six(flat.double() if hosts.near(x) else flat.float())
    return found.numpy() if hosts.near(x) else found


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
    """`rows integer` of a batch, and of one on the host `checksum distinct common`.

    `distinct` is the share of different numbers among its first 1,024: near 1 where they are
    measured on a continuous scale, so that no two rows are equal by nature. `common` is the share
    of the commonest of them.
    """
    found = {"rows": float(x.shape[0]), "integer": float(not x.is_floating_point())}
    if not hosts.near(x):
        return found
    distinct, common = _repeated_here(x)
    return {**found, CHECKSUM: checksum(x), DISTINCT: distinct, COMMON: common}


def late_facts(x: Tensor) -> dict[str, Tensor]:
    """`checksum distinct common` of a batch on a device, to be sent for; empty for a near one."""
    if hosts.near(x):
        return {}
    first = x.detach().reshape(1, -1)[:, : CHECKSUM_BYTES // max(1, x.element_size())]
    pieces = hashes.far_rows(first)
    return {DISTINCT: _repeated(x)} | ({} if pieces is None else {CHECKSUM: pieces})


def _repeated_here(x: Tensor) -> tuple[float, float]:
    """As `_repeated`, of a batch on the host in a part of the time."""
    first = x.detach().reshape(-1)[:FEW]
    if (library := native.quick()) is not None and first.numel():
        whole = not first.is_floating_point()
        given, found = (
            (first.long() if whole else first.float()).contiguous(),
            (ctypes.c_int32 * 2)(),
        )
        library.bp_repeated(given.data_ptr(), given.numel(), whole, ctypes.addressof(found))
        return found[0] / given.numel(), found[1] / given.numel()
    ordered = np.sort(hosts.host(first.float() if first.is_floating_point() else first.long()))
    count = len(ordered)
    if not count:
        return 1.0, 0.0
    begins = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    lengths = np.diff(begins, prepend=0, append=count)
    return len(lengths) / count, float(lengths.max()) / count


def _repeated(x: Tensor) -> Tensor:
    """Shares of different numbers, and of the commonest, [2]; a device is not waited for."""
    with torch.no_grad():
        first = x.detach().reshape(-1)[:FEW]
        ordered = (first.float() if first.is_floating_point() else first.long()).sort().values
        ends = torch.searchsorted(ordered, ordered, right=True)
        most = (ends - torch.searchsorted(ordered, ordered)).max() if first.numel() else ends.sum()
        different = (ordered[1:] != ordered[:-1]).sum() + 1
        return torch.stack([different, most]).float() / max(1, first.numel())


def arrived(values: NDArray[np.float32], prefix: str) -> Row:
    """What `six` or `late_facts` had sent for, as a part of a batch's row."""
    if prefix == CHECKSUM:
        return {CHECKSUM: float(hashes.finished(values)[0] % np.uint64(1 << 32))}
    if prefix == DISTINCT:
        return {DISTINCT: float(values[0]), COMMON: float(values[1])}
    return summary(values, prefix)


class Features:
    """Per-feature (columns of a matrix) or per-channel (images) means and deviations."""

    def __init__(self) -> None:
        self.batches = 0
        self.count = 0
        self.kind = ""
        self._sum: Tensor | None = None
        self._square: Tensor | None = None

    def add(self, x: Tensor) -> bool:
        """Takes one batch; returns whether enough were taken."""
        if self.batches >= FEATURE_BATCHES or not x.is_floating_point():
            return False
        if x.dim() == 2 and x.shape[1] <= MAX_FEATURES:
            matrix, kind = x, "feature"
        elif x.dim() == 3 and x.shape[2] <= MAX_FEATURES:
            matrix, kind = x.reshape(-1, x.shape[2]), "feature"
        elif x.dim() == 4 and x.shape[1] <= 16:
            matrix, kind = x.transpose(0, 1).reshape(x.shape[1], -1).t(), "channel"
        else:
            return False
        with torch.no_grad():
            exact = torch.float32 if x.device.type == "mps" else torch.float64
            values = matrix.detach()[: SAMPLE * 4].to(exact)
            total, square = values.sum(dim=0), (values * values).sum(dim=0)
        if self._sum is None or self._square is None or self._sum.shape != total.shape:
            self._sum, self._square, self.count = total, square, 0
        elif self._sum.device == total.device:
            self._sum, self._square = self._sum + total, self._square + square
        else:
            return False
        self.count += values.shape[0]
        self.kind = kind
        self.batches += 1
        return self.batches == FEATURE_BATCHES

    def tell(self, transfers: Transfers, deliver: Callable[[dict[str, Any]], None]) -> None:
        """Gives the facts of the `input-features` event, when they have arrived on the host."""
        if self._sum is None or self._square is None or not self.count:
            return
        mean = self._sum / self.count
        deviation = (self._square / self.count - mean * mean).clamp(min=0).sqrt()
        kind, count = self.kind, self.count

        def facts(values: NDArray[np.float32]) -> None:
            mean, deviation = np.split(values, 2)
            deliver(
                {
                    "kind": kind,
                    "count": count,
                    "mean": [float(f"{v:.6g}") for v in mean],
                    "std": [float(f"{v:.6g}") for v in deviation],
                }
            )

        transfers.send([mean, deviation], facts)


def grad_enabled() -> bool:
    """Whether a forward that runs now may be followed by a backward."""
    return torch.is_grad_enabled() and not torch.is_inference_mode_enabled()

# SPDX-License-Identifier: Apache-2.0
"""A 64-bit number for each row of a batch: equal rows have equal numbers, whatever their order.

Rows of inputs and of targets are hashed apart, so that repeats, constant batches, the overlap of
training and evaluation, and one input with two different targets can all be told from the record.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe import host as hosts
from backprobe.probe.host import host

MAX_ROWS = 256
"""Rows of a batch that are hashed: the first ones."""
MAX_WORDS = 2048
"""8-byte words of a row that are hashed, evenly spaced over the row where it has more."""


def rows(tensor: Tensor) -> NDArray[np.uint64] | None:
    """Hashes [n] of the first rows of a CPU tensor, None where it can't be read as bytes.

    The hash is multilinear modulo 2^64 over the row's words with fixed random factors, mixed by
    the finaliser of SplitMix64.
    """
    if not hosts.near(tensor) or not _readable(tensor):
        return None
    part = tensor.detach()[:MAX_ROWS]
    if part.dtype == torch.bfloat16:
        part = part.float()
    flat = np.ascontiguousarray(host(part.reshape(len(part), -1)))
    if flat.size == 0:
        return None
    if flat.dtype.kind == "f":
        flat = flat + 0  # -0.0 and 0.0 are the same number
    data = flat.view(np.uint8).reshape(len(part), -1)
    padding = -data.shape[1] % 8
    if padding:
        data = np.pad(data, ((0, 0), (0, padding)))
    words = np.ascontiguousarray(data).view(np.uint64)
    if words.shape[1] > MAX_WORDS:
        words = words[:, :: -(-words.shape[1] // MAX_WORDS)]
    with np.errstate(over="ignore"):
        return _finish(words @ _factors(words.shape[1]) + np.uint64(words.shape[1]))


def far_rows(tensor: Tensor) -> Tensor | None:
    """The same hashes of a tensor on a device, left there: [n, 4] pieces of 16 bits as float32.

    Nothing waits for the device; `finished` makes the hashes of the pieces that arrived.
    """
    if not _readable(tensor):
        return None
    with torch.no_grad():
        part = tensor.detach()[:MAX_ROWS]
        part = part.float() if part.dtype == torch.bfloat16 else part
        part = part.to(torch.uint8) if part.dtype == torch.bool else part
        flat = part.reshape(len(part), -1)
        if flat.numel() == 0:
            return None
        flat = (flat + 0 if flat.is_floating_point() else flat.clone()).contiguous()
        data = flat.view(torch.uint8)
        words = torch.nn.functional.pad(data, (0, -data.shape[1] % 8)).contiguous()
        words = words.view(torch.int64)
        if words.shape[1] > MAX_WORDS:
            words = words[:, :: -(-words.shape[1] // MAX_WORDS)]
        count = words.shape[1]
        raw = (words * _factors_at(count, tensor.device)).sum(dim=1) + count
        return torch.stack([(raw >> by) & 0xFFFF for by in (0, 16, 32, 48)], dim=1).float()


def finished(pieces: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Hashes [n] from the pieces [n * 4] of `far_rows`."""
    parts = pieces.reshape(-1, 4).astype(np.uint64)
    raw = parts[:, 0]
    for place in range(1, 4):
        raw = raw | (parts[:, place] << np.uint64(16 * place))
    with np.errstate(over="ignore"):
        return _finish(raw)


def _readable(tensor: Tensor) -> bool:
    return (
        type(tensor) is Tensor
        and tensor.layout == torch.strided
        and tensor.device.type != "meta"
        and tensor.dim() > 0
        and tensor.shape[0] > 0
        and not tensor.is_complex()
    )


@functools.cache
def _factors_at(count: int, device: torch.device) -> Tensor:
    return torch.from_numpy(_factors(count).view(np.int64)).to(device, non_blocking=True)


def _finish(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@functools.cache
def _factors(count: int) -> NDArray[np.uint64]:
    generator = np.random.default_rng(20261124)  # of our own: the user's streams don't move
    return generator.integers(0, 1 << 63, count, dtype=np.uint64) * np.uint64(2) + np.uint64(1)

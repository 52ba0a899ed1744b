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
    if tensor.device.type != "cpu" or tensor.layout != torch.strided or tensor.dim() == 0:
        return None
    if type(tensor) is not Tensor or tensor.shape[0] == 0 or tensor.is_complex():
        return None
    part = tensor.detach()[:MAX_ROWS]
    if part.dtype == torch.bfloat16:
        part = part.float()
    flat = host(part.reshape(len(part), -1))
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


def _finish(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@functools.cache
def _factors(count: int) -> NDArray[np.uint64]:
    generator = np.random.default_rng(20261124)  # of our own: the user's streams don't move
    return generator.integers(0, 1 << 63, count, dtype=np.uint64) * np.uint64(2) + np.uint64(1)

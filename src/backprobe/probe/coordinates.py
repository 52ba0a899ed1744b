# SPDX-License-Identifier: Apache-2.0
"""Fixed random coordinates of tensors, read where every element would be too many."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SAMPLES = 512


class Coordinates:
    """Up to 512 coordinates of each tensor of a set, the same at each step.

    Arguments:
        sizes: elements of each tensor.

    `of`: [tensors] of arrays of coordinates, in order.
    """

    def __init__(self, sizes: Iterable[int]) -> None:
        generator = np.random.default_rng(0)  # of our own: the user's streams don't move
        self.of = [_drawn(size, generator) for size in sizes]
        self._chosen: dict[tuple[int, int, torch.device], Tensor] = {}

    def take(self, tensor: Tensor, k: int) -> Tensor:
        """A copy of the coordinates of the k-th tensor, without asking the device for anything."""
        key = k, tensor.numel(), tensor.device
        chosen = self._chosen.get(key)
        if chosen is None:
            where = self.of[k].astype(np.int64)
            chosen = torch.from_numpy(where[where < tensor.numel()]).to(tensor.device)
            self._chosen[key] = chosen
        return tensor.detach().reshape(-1)[chosen].float()


def _drawn(size: int, generator: np.random.Generator) -> NDArray[np.uint32]:
    if size <= SAMPLES:
        return np.arange(size, dtype=np.uint32)
    chosen = generator.integers(0, min(size, 2**32 - 1), SAMPLES, dtype=np.int64)
    return np.unique(chosen).astype(np.uint32)

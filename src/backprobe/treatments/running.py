# SPDX-License-Identifier: Apache-2.0
"""Mean and standard deviation of what went by, feature by feature."""

from __future__ import annotations

import torch
from torch import Tensor

BATCHES = 50
"""After so many training batches the statistics stay: a moving target would be another problem."""


class Running:
    """Merged statistics (Chan et al., 1979), along dimension 1 or of everything.

    Features that never vary keep a standard deviation of 1.
    """

    def __init__(self) -> None:
        self.batches = 0
        self.count = 0.0
        self.mean: Tensor | None = None
        self.square: Tensor | None = None

    def add(self, values: Tensor) -> None:
        """Takes one batch, rows first."""
        if self.batches >= BATCHES or not values.numel():
            return
        self.batches += 1
        dims = [d for d in range(values.dim()) if d != 1 or values.dim() < 2]
        x = values.detach().double().nan_to_num(0.0, 0.0, 0.0)
        n = float(x.numel() / (x.shape[1] if x.dim() > 1 else 1))
        mean = x.mean(dims, keepdim=True)
        square = ((x - mean) ** 2).sum(dims, keepdim=True)
        if self.mean is None or self.square is None:
            self.count, self.mean, self.square = n, mean, square
            return
        total = self.count + n
        delta = mean - self.mean
        self.mean = self.mean + delta * (n / total)
        self.square = self.square + square + delta**2 * (self.count * n / total)
        self.count = total

    def scale(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation, ready to broadcast with a batch of the same layout."""
        if self.mean is None or self.square is None:
            return torch.zeros_like(like[:1]), torch.ones_like(like[:1])
        std = (self.square / max(self.count, 1.0)).sqrt()
        std = torch.where(std > 1e-12 * (1 + self.mean.abs()), std, torch.ones_like(std))
        return self.mean.to(like), std.to(like)

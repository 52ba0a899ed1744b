# SPDX-License-Identifier: Apache-2.0
"""The gradient noise scale, free of charge where the user accumulates micro-batches.

With k micro-batches of mean squared gradient norm s, whose mean gradient has squared norm b, the
squared norm of the true gradient is about (k b - s) / (k - 1) and the trace of its covariance, for
one micro-batch, (s - b) / (1 - 1/k) (McCandlish et al. 2018, arXiv:1812.06162, appendix A). Both
are noisy: smooth s and b over steps before dividing, as `backprobe.signals` does.
"""

from __future__ import annotations

import torch
from torch import Tensor

TENSORS = 8
"""Tensors whose sampled gradients stand for the whole: the ratio does not need every element."""


class MicroBatches:
    """Collects the gradients of one step's micro-batches, from samples."""

    def __init__(self) -> None:
        self._last: Tensor | None = None
        self._small: Tensor | None = None
        self._count = 0

    def add(self, accumulated: Tensor) -> None:
        """Takes the gradients [k] as they are after one more micro-batch."""
        increment = accumulated if self._last is None else accumulated - self._last
        square = increment.square().sum()
        self._small = square if self._small is None else self._small + square
        self._last = accumulated
        self._count += 1

    def result(self) -> tuple[int, Tensor] | None:
        """Micro-batches k, and [s, b]; None for fewer than two. Begins anew.

        Both are of gradients scaled alike: whether the user divided the loss by k cancels out in
        their ratio.
        """
        count, small, last = self._count, self._small, self._last
        self._last = self._small = None
        self._count = 0
        if count < 2 or small is None or last is None:
            return None
        return count, torch.stack([small / count, (last / count).square().sum()])

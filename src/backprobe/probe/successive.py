# SPDX-License-Identifier: Apache-2.0
"""Whether the rows of a batch are steps of time: each is taught the one after it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from backprobe.probe.host import near

BATCHES = 3
"""First batches that are compared, which all have to agree."""
LEAST = 4
"""Rows fewer of which can follow one another by chance."""
MOST = 1 << 16
"""Numbers of a batch that are compared, at most."""


class Successive:
    """Compares the inputs of the first batches with their targets.

    Arguments:
        event: writes a fact of the record.
    """

    def __init__(self, event: Callable[..., None]) -> None:
        self._event = event
        self._input: Tensor | None = None
        self._left = BATCHES

    def take(self, x: Tensor) -> None:
        """Keeps a training batch [rows, ...] on the host until its loss is known."""
        wanted = self._left > 0 and x.dim() > 1 and x.shape[0] >= LEAST and x.numel() <= MOST
        self._input = x.detach() if wanted and type(x) is Tensor and near(x) else None

    def finish(self, target: Tensor | None) -> None:
        """Compares with the targets of the loss, as many as there are inputs, flat or not."""
        x, self._input = self._input, None
        if x is None or target is None:
            return
        told = type(target) is Tensor and near(target) and target.numel() == x.numel()
        wanted = target.detach().reshape(x.shape) if told else None
        if wanted is None or not torch.equal(x[1:], wanted[:-1]) or _unsure(x, wanted):
            self._left = 0
            return
        self._left -= 1
        if self._left == 0:
            self._event("successive-rows", rows=x.shape[0])


def _unsure(x: Tensor, target: Tensor) -> bool:
    """Whether all rows are the same, or windows of one series that begin one step apart."""
    return torch.equal(x[1:], x[:-1]) or (x.shape[1] > 1 and torch.equal(x[:, 1:], target[:, :-1]))

# SPDX-License-Identifier: Apache-2.0
"""A loader's first batch, again and again."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.data import dataloader

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points


class FreezeBatch(Treatment):
    """Serves the first training batch of each loader in the place of every later one.

    Suits when: it is asked whether a network can learn one batch by heart. Batches that are drawn
    while gradients are off stay. `undo` puts the loaders' iterators back.
    """

    NAME = "freeze-batch"
    WAITS = "a batch of a DataLoader"

    def install(self, points: Points) -> None:
        """Changes what loaders' iterators give."""
        base = dataloader._BaseDataLoaderIter
        original: Any = base.__next__
        self._original = original
        first: dict[int, Any] = {}

        def __next__(self_: Any) -> Any:  # noqa: N807
            batch = original(self_)
            if not torch.is_grad_enabled():
                return batch
            points.report.apply(self.text)
            return first.setdefault(id(self_._dataset), batch)

        base.__next__ = __next__  # type: ignore[method-assign, assignment]

    def undo(self) -> None:
        """Puts the iterators back."""
        dataloader._BaseDataLoaderIter.__next__ = self._original  # type: ignore[method-assign]


build = FreezeBatch

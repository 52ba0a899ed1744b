# SPDX-License-Identifier: Apache-2.0
"""Training rows in random order."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils.data import SequentialSampler

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.points import Points

SLICES_NAME = "__getitem__"


class Shuffle(Treatment):
    """Draws the rows of loaders that go in order, and of hand-made slices, in random order.

    Suits when: batches follow the order of the data (`unshuffled-data`). A loader's order is
    changed where it is iterated with gradients on. Of hand-made loops, slices `x[i : i + b]` of
    tensors of one length are taken from one permutation, drawn anew when a pass begins; these are
    seen from the first forward on. Its random numbers are its own. `undo` puts the sampler back.
    """

    NAME = "shuffle"
    WAITS = "a loader, or slices of the training data, in order"

    def install(self, points: Points) -> None:
        """Changes the order of samplers and the rows of slices."""
        self.points = points
        self._generator = torch._C.Generator()
        self._generator.manual_seed(1)
        self._orders: dict[int, tuple[Tensor, set[int]]] = {}
        original: Any = SequentialSampler.__iter__
        self._original = original
        text, generator = self.text, self._generator

        def __iter__(self_: Any) -> Any:  # noqa: N807
            if not torch.is_grad_enabled():
                return original(self_)
            points.report.apply(text, "loader")
            return iter(torch.randperm(len(self_.data_source), generator=generator).tolist())

        SequentialSampler.__iter__ = __iter__  # type: ignore[method-assign]
        points.calls.on((SLICES_NAME,), self._slice)

    def _slice(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if len(args) != 2 or not isinstance(args[1], slice) or not self._rows(*args):
            return proceed(*args, **kwargs)
        data, wanted = args
        start, stop, _ = wanted.indices(len(data))
        order, seen = self._orders.get(len(data), (None, set()))
        if order is None or (start == 0 and id(data) in seen):
            order, seen = torch.randperm(len(data), generator=self._generator), set()
        if start == 0:
            seen.add(id(data))
        self._orders[len(data)] = order, seen
        self.points.report.apply(self.text, "slices")
        return proceed(data, order[start:stop].to(data.device), **kwargs)

    def _rows(self, data: Any, wanted: slice) -> bool:
        """Whether a slice looks like a batch of training rows."""
        if self.points.stack or not torch.is_grad_enabled() or not isinstance(data, Tensor):
            return False
        if data.requires_grad or data.dim() < 1 or wanted.step is not None or wanted.stop is None:
            return False
        if self.points.calls.output_of(data) is not None:
            return False
        start, stop, _ = wanted.indices(len(data))
        return len(data) >= 32 and stop - start <= len(data) // 2 and not _is_drawn(data)

    def undo(self) -> None:
        """Puts the sampler back."""
        SequentialSampler.__iter__ = self._original  # type: ignore[method-assign]


def _is_drawn(data: Tensor) -> bool:
    """Whether it is a random order of rows itself, as `torch.randperm` gives it."""
    if data.dim() != 1 or data.dtype != torch.int64 or int(data.max()) != len(data) - 1:
        return False
    ordered = torch.arange(len(data), device=data.device)
    return not torch.equal(data, ordered) and torch.equal(data.sort()[0], ordered)


build = Shuffle

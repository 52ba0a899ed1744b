# SPDX-License-Identifier: Apache-2.0
"""Rows kept out of training, where a script evaluates nothing: the last resort for an outcome.

One row in ten of each training loader's dataset is taken out of the batches and served at the end
of each epoch instead. The script computes its loss on them as on any batch; their gradients are
thrown away and the optimizer's step finds none. The mean loss of the last epoch is the outcome.
"""

from __future__ import annotations

import functools
import weakref
from collections import deque
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer
from torch.utils.data import dataloader

from backprobe import session
from backprobe.treatments.points import Points
from backprobe.treatments.steps import tensors

ONE_IN = 10


class HoldOut:
    """Serves and judges held-out rows.

    Arguments:
        points: of this process.
    """

    def __init__(self, points: Points) -> None:
        self._points = points
        self._flags: dict[int, deque[bool]] = {}
        self._held: dict[int, tuple[weakref.ref[Any], list[Any]]] = {}
        self._now = False
        self._losses: list[float] = []
        self._gradients: list[tuple[Tensor, Tensor | None]] = []

    def install(self) -> None:
        """Changes what loaders serve, and what backward and step do on held-out batches."""
        self._patch_indexes()
        self._patch_batches()
        self._points.before_backward.append(self._before)
        self._points.after_backward.append(self._after)
        self._points.steps.before_late.append(self._hide)
        self._points.steps.after.append(self._show)

    def _patch_indexes(self) -> None:
        base = dataloader._BaseDataLoaderIter
        original: Any = base._next_index

        @functools.wraps(original)
        def _next_index(iterator: Any) -> Any:
            if not iterator._auto_collation or not torch.is_grad_enabled():
                return original(iterator)
            known = self._held.get(id(iterator))
            if known is None or known[0]() is not iterator:
                known = self._held[id(iterator)] = weakref.ref(iterator), []
                self._flags[id(iterator)] = deque()
            held, flags = known[1], self._flags[id(iterator)]
            try:
                while True:
                    indexes = list(original(iterator))
                    held += [index for index in indexes if _held(index)]
                    indexes = [index for index in indexes if not _held(index)]
                    if indexes:
                        flags.append(False)
                        return indexes
            except StopIteration:
                if len(held) < 2:  # batch norm can't train on one
                    raise
                flags.append(True)
                served, held[:] = list(held), []
                return served

        base._next_index = _next_index  # type: ignore[method-assign]

    def _patch_batches(self) -> None:
        base = dataloader._BaseDataLoaderIter
        original: Any = base.__next__

        @functools.wraps(original)
        def __next__(iterator: Any) -> Any:  # noqa: N807
            self._now = False
            batch = original(iterator)
            flags = self._flags.get(id(iterator))
            self._now = bool(flags) and flags.popleft()  # type: ignore[union-attr]
            if self._now:
                self._losses = []
            return batch

        base.__next__ = __next__  # type: ignore[method-assign, assignment]

    def _before(self, loss: Tensor) -> None:
        if not self._now:
            return
        optimizers = self._points.steps.living()
        self._gradients = [
            (tensor, None if tensor.grad is None else tensor.grad.clone())
            for optimizer in optimizers
            for tensor in tensors(optimizer)
        ]
        self._losses.append(float(loss.detach()))
        found = session.current()
        if found is not None:
            mean = sum(self._losses) / len(self._losses)
            found.writer.event("held-out", loss=mean, batches=len(self._losses))

    def _after(self) -> None:
        for tensor, gradient in self._gradients:
            tensor.grad = gradient
        self._gradients = []

    def _hide(self, optimizer: Optimizer) -> None:
        if self._now:
            self._gradients = [(tensor, tensor.grad) for tensor in tensors(optimizer)]
            for tensor, _ in self._gradients:
                tensor.grad = None

    def _show(self, optimizer: Optimizer) -> None:
        self._after()


def _held(index: Any) -> bool:
    """Whether a row is kept out: by its number, so alike in every epoch, control and treated."""
    return isinstance(index, int) and (index * 2654435761) % 2**32 < 2**32 // ONE_IN

# SPDX-License-Identifier: Apache-2.0
"""Which number each parameter tensor has, by its `id`, and when that is another tensor's.

A tensor of a module gets no weak reference: `torch.utils.swap_tensors` (`.to()` of sharded and
quantised parameters) refuses tensors that have one.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor, nn


class Numbers:
    """The numbers of living tensors.

    `of`: `id` → number; `left`: ids of tensors whose model is gone; `held`: gives the tensors of
    the optimizers that live.
    """

    def __init__(self) -> None:
        self.of: dict[int, int] = {}
        self.left: list[int] = []
        self.held: Callable[[], Iterable[Tensor]] = tuple
        self._past: set[int] = set()
        self._lone: dict[int, weakref.ref[Any]] = {}

    def leave(self, lone: Iterable[Tensor]) -> None:
        """Notes tensors of no module whose optimizer is gone: they are forgotten when they are."""
        self._lone.update((id(tensor), weakref.ref(tensor)) for tensor in lone)

    def sweep(self, roots: Iterable[weakref.ref[nn.Module]]) -> None:
        """Forgets tensors that are gone: others that are numbered next may lie at their addresses.

        Arguments:
            roots: the models that live.
        """
        for key, reference in list(self._lone.items()):
            if reference() is None:
                del self._lone[key]
                self._forget(key)
        if not self.left:
            return
        left, self.left = self.left, []
        living = {id(tensor) for tensor in self.held()}
        for found in list(roots):
            root = found()
            if root is not None:
                living.update(map(id, root.parameters()))
        for key in left:
            if key in living:
                self.left.append(key)
            else:
                self._forget(key)

    def ever(self, key: int) -> bool:
        """Whether the tensor that has or had this `id` has or had a number."""
        return key in self.of or key in self._past

    def renew(self, key: int) -> None:
        """Another tensor lies there now."""
        self._past.discard(key)

    def _forget(self, key: int) -> None:
        if self.of.pop(key, None) is not None:
            self._past.add(key)

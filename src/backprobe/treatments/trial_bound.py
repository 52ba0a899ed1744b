# SPDX-License-Identifier: Apache-2.0
"""Ends the training of a trial after so many steps, so that the script's evaluation still runs.

At the bound the training loaders end: a `for` loop over one stops, and each later epoch gets one
batch, so that averages over an epoch stay defined. A loop made by hand (slices, a permutation,
`next(iterator)`) can't be cut and runs whole.
"""

from __future__ import annotations

import dis
import functools
import os
import sys
import sysconfig
import weakref
from types import FrameType
from typing import Any

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.data import dataloader

LOOPS = frozenset(code for name, code in dis.opmap.items() if name.startswith("FOR_ITER"))
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_LIBRARIES = tuple({sysconfig.get_paths()[key] for key in ("stdlib", "purelib", "platlib")})


def install(steps: int | None) -> None:
    """Bounds this process.

    Arguments:
        steps: optimizer steps after which training loaders end; None for no bound.
    """
    if steps is None:
        return
    bound = _Bound(steps)
    register_optimizer_step_post_hook(bound.stepped)
    base = dataloader._BaseDataLoaderIter
    original: Any = base.__next__

    @functools.wraps(original)
    def __next__(self: Any) -> Any:  # noqa: N807
        if bound.ends(self, sys._getframe(1)):
            raise StopIteration
        batch = original(self)
        bound.served(self)
        return batch

    base.__next__ = __next__  # type: ignore[method-assign]


class _Bound:
    """Counts steps, and knows which loaders serve training.

    Arguments:
        steps: the bound.
    """

    def __init__(self, steps: int) -> None:
        self.left = steps
        self._current: weakref.ref[Any] | None = None
        self._training: set[int] = set()
        self._given: dict[int, tuple[weakref.ref[Any], int]] = {}

    def stepped(self, *_: Any) -> None:
        """After each optimizer step."""
        self.left -= 1
        iterator = self._current() if self._current is not None else None
        if iterator is not None:
            self._training.add(id(iterator._dataset))

    def served(self, iterator: Any) -> None:
        """After each batch."""
        if not torch.is_grad_enabled():
            return
        self._current = weakref.ref(iterator)
        known = self._given.get(id(iterator))
        count = known[1] if known is not None and known[0]() is iterator else 0
        self._given[id(iterator)] = weakref.ref(iterator), count + 1

    def ends(self, iterator: Any, frame: FrameType | None) -> bool:
        """Whether an iterator that is asked for a batch should say that there is none."""
        if self.left > 0 or not torch.is_grad_enabled():
            return False
        if id(iterator._dataset) not in self._training:
            return False
        known = self._given.get(id(iterator))
        if known is None or known[0]() is not iterator or known[1] < 1:
            return False  # the first batch of a later epoch
        return _loops(frame)


def _loops(frame: FrameType | None) -> bool:
    """Whether a `for` (of the user's, or anything of a library's) asks, so that an end is heard."""
    while frame is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back  # the probe looks at batches as well
    if frame is None:
        return False
    if frame.f_code.co_filename.startswith(_LIBRARIES):
        return True
    return frame.f_code.co_code[frame.f_lasti] in LOOPS

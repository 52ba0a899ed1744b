# SPDX-License-Identifier: Apache-2.0
"""Which nodes of the autograd graph were made under saved-tensor hooks (checkpointing, offloading).

Reading a saved tensor of theirs would run the hooks: a checkpoint's rerun the forward, and move
batch norm's running statistics. Autograd numbers the nodes of a thread in the order in which they
are made, so that those made between a hook's begin and its end are known by their number. A loss
that is computed outside of any checkpoint, as most are, can be read as ever.
"""

from __future__ import annotations

from bisect import bisect_right
from threading import get_ident
from typing import Any

import torch

MOST = 4096
"""Spans that are remembered: more than a step has checkpoints. What is older is not read."""


class Packed:
    """The spans of one thread in which saved-tensor hooks were in place.

    Arguments:
        told: whether a node has been met that can't be read.
    """

    def __init__(self) -> None:
        self.told = False
        self._depth = 0
        self._blind = False
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._before = -1

    def enter(self, thread: int) -> None:
        """Hooks are put in place.

        Arguments:
            thread: that is followed. Nodes of others have numbers of their own, which can't be told
                apart; only what a backward recomputes in them never gets into another graph.
        """
        if get_ident() != thread:
            self._blind = self._blind or torch._C._current_graph_task_id() == -1
            return
        self._depth += 1
        if self._depth == 1:
            self._begins.append(_next())
            self._ends.append(1 << 63)

    def leave(self, thread: int) -> None:
        """They are taken off again."""
        if get_ident() != thread:
            return
        if not self._depth:  # put in place before we came: nobody knows since when
            self._before = _next()
            return
        self._depth -= 1
        if self._depth == 0:
            self._ends[-1] = _next()
            if len(self._ends) > MOST:
                half = MOST // 2
                self._before = self._ends[half - 1]
                del self._begins[:half], self._ends[:half]

    def readable(self, node: Any) -> bool:
        """Whether the saved tensors of a node may be read."""
        if not self._begins and not self._blind and self._before < 0:
            return True
        found = not self._blind and self._outside(node._sequence_nr())
        self.told = self.told or not found
        return found

    def _outside(self, number: int) -> bool:
        if number < self._before:
            return False
        at = bisect_right(self._begins, number) - 1
        return at < 0 or number >= self._ends[at]


def _next() -> int:
    """The number of the node that this thread will make next."""
    number: int = torch.autograd._get_sequence_nr()  # type: ignore[attr-defined]
    return number

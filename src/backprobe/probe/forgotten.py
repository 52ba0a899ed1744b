# SPDX-License-Identifier: Apache-2.0
"""Whether batches go on where the one before ended, while the network's state begins anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from backprobe.probe.host import near

BATCHES = 16
"""First batches that are compared."""
SOME = 5
"""Of them that have to go on, which is no chance: a stream of two parts begins anew every other
time, and not every step may be observed."""
LEAST = 8
"""Rows below which chance decides."""


class Forgotten:
    """Compares the last targets of a batch with the first inputs of the next one, row by row.

    Only of a network that is given an explicit None beside its inputs each time, and that gives
    more than its answers: what is made to carry a state.

    Arguments:
        event: writes a fact of the record.
    """

    def __init__(self, event: Callable[..., None]) -> None:
        self._event = event
        self._left = BATCHES
        self._goes_on = 0
        self._input: Tensor | None = None
        self._last: Tensor | None = None

    def given(self, args: Sequence[Any], kwargs: Mapping[str, Any], output: Any) -> None:
        """Takes what a forward was given and gave, before `take`."""
        none = any(value is None for value in (*args[1:], *kwargs.values()))
        if not none or not isinstance(output, tuple) or len(output) < 2 or not _held(output[1:]):
            self._left = 0

    def take(self, x: Tensor) -> None:
        """Compares a training batch's first ids [rows, places] with what was taught last."""
        if self._left <= 0:
            return
        if type(x) is not Tensor or x.dim() != 2 or x.is_floating_point() or not near(x):
            self._left = 0
            return
        last, self._input = self._last, x.detach()
        self._left -= 1
        if last is not None and last.shape == x.shape[:1] and len(last) >= LEAST:
            self._goes_on += torch.equal(last, x[:, 0]) and last.unique().numel() > 1
        if self._left == 0:
            self._input = self._last = None
            if self._goes_on >= SOME:
                self._event("state-forgotten", batches=BATCHES, goes_on=self._goes_on)

    def finish(self, target: Tensor | None) -> None:
        """Keeps the last target of each row, where there is one for each place."""
        x, self._input = self._input, None
        if x is None:
            return
        self._last = None
        if target is None or type(target) is not Tensor or not near(target):
            return
        if target.numel() == x.numel() and not target.is_floating_point():
            self._last = target.detach().reshape(x.shape)[:, -1].clone()


def _held(values: Any) -> bool:
    """Whether there is a tensor among some results, or in one of them."""
    return any(
        isinstance(value, Tensor) or (isinstance(value, (tuple, list)) and _held(value))
        for value in values
    )

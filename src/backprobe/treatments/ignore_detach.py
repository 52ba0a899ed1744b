# SPDX-License-Identifier: Apache-2.0
"""`detach` and `.data` let gradients pass."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.points import Points

CUTS = ("detach", "detach_", "get data")
LEAVING = ("numpy", "__array__", "tolist")
"""What refuses a tensor with a gradient, and so follows a `detach`."""


class IgnoreDetach(Treatment):
    """Gives the tensor itself where a model's forward detaches it, or the script a model's output.

    Suits when: a `detach`, or a way through `.data`, cuts layers off from the loss
    (`detached-graph`). Only tensors that a gradient could reach, in forwards with gradients; values
    that leave torch (`.numpy()`, `.item()`, a list) can't carry one. Applied to the calls; nothing
    is left to undo.
    """

    NAME = "ignore-detach"
    WAITS = "a `detach` or `.data` inside a model's forward or on a model's output"

    def install(self, points: Points) -> None:
        """Changes `detach` and the attribute `data`."""
        self.points = points
        points.calls.track_outputs()
        points.calls.on(CUTS, self._cut)
        points.calls.on(LEAVING, self._leave)

    def _cut(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        x = args[0] if args else None
        if not isinstance(x, Tensor) or not x.requires_grad or x.is_leaf:
            return proceed(*args, **kwargs)
        within = bool(self.points.stack) or self.points.calls.output_of(x) is not None
        if not torch.is_grad_enabled() or not within:
            return proceed(*args, **kwargs)
        self.points.report.apply(self.text, name.removeprefix("get "))
        return x

    def _leave(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if args and isinstance(args[0], Tensor) and args[0].requires_grad and self._applied():
            return proceed(args[0].detach(), *args[1:], **kwargs)
        return proceed(*args, **kwargs)

    def _applied(self) -> bool:
        return self.text in self.points.report.applied


build = IgnoreDetach

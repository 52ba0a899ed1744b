# SPDX-License-Identifier: Apache-2.0
"""`no_grad` inside of a forward lets gradients pass."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

import torch

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.points import Points

TURNS = "_set_grad_enabled"
"""What `no_grad`, `enable_grad` and `set_grad_enabled` call, at their begin and end."""
_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_TORCH = os.path.dirname(os.path.abspath(torch.__file__)) + os.sep
_CONTEXTS = os.path.join("autograd", "grad_mode.py"), os.path.join("utils", "_contextlib.py")


class IgnoreNoGrad(Treatment):
    """Leaves gradients on where a script's own code turns them off in the midst of a forward.

    Suits when: a `no_grad`, around layers or as the decorator of what a forward calls, cuts them
    off from the loss (`detached-graph`). Only in forwards that begin with gradients on, and not
    where a library turns them off. Applied to the calls; nothing is left to undo.
    """

    NAME = "ignore-no-grad"
    WAITS = "a `no_grad` inside a model's forward"

    def install(self, points: Points) -> None:
        """Changes what turns gradients off."""
        self.points = points
        points.calls.on((TURNS,), self._turn)

    def _turn(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        on_already = args[0] or not torch.is_grad_enabled()
        if on_already or not self.points.stack or _of_library(sys._getframe(1)):
            return proceed(*args, **kwargs)
        self.points.report.apply(self.text, "no_grad")
        return None


def _of_library(frame: FrameType | None) -> bool:
    """Whether gradients are turned off by torch's own code or that of another package."""
    while frame is not None:
        file = frame.f_code.co_filename
        context = file.startswith(_TORCH) and file.endswith(_CONTEXTS)
        if not context and not file.startswith(_OWN):
            return f"{os.sep}site-packages{os.sep}" in file
        frame = frame.f_back
    return False


build = IgnoreNoGrad

# SPDX-License-Identifier: Apache-2.0
"""The global gradient norm, bound before each step."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.utils import clip_grad
from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.steps import tensors


class ClipGradients(Treatment):
    """Clips the norm over all parameters of an optimizer; a script's own clipping gets this limit.

    Suits when: gradients explode now and then (`exploding-gradients`), or the script clips too
    hard (`gradient-clipping-too-tight`, with a larger limit). Nothing is left to undo but the
    script's clipping function, which `undo` puts back.
    """

    NAME = "clip-gradients"
    WAITS = "an optimizer step"

    def install(self, points: Points) -> None:
        """Clips before each step, unless the script does."""
        self.points = points
        self._own = False
        self._original: Any = clip_grad.clip_grad_norm_
        limit, original = float(self.value), self._original

        def clip_grad_norm_(parameters: Any, max_norm: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG001
            self._own = True
            points.report.apply(self.text, "the script's own clipping")
            return original(parameters, limit, *args, **kwargs)

        clip_grad.clip_grad_norm_ = clip_grad_norm_
        torch.nn.utils.clip_grad_norm_ = clip_grad_norm_
        points.steps.before.append(self._clip)

    def _clip(self, optimizer: Optimizer) -> None:
        if not self._own:
            self.points.report.apply(self.text, type(optimizer).__name__)
            self._original(tensors(optimizer), float(self.value))

    def undo(self) -> None:
        """Puts torch's function back."""
        clip_grad.clip_grad_norm_ = self._original
        torch.nn.utils.clip_grad_norm_ = self._original


build = ClipGradients

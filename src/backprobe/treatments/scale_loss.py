# SPDX-License-Identifier: Apache-2.0
"""The loss times a factor."""

from __future__ import annotations

from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.steps import tensors


class ScaleLoss(Treatment):
    """Multiplies the gradients before each step, which is what a scaled loss does.

    Suits when: a summed loss should be a mean, or two scales should meet. Nothing is left.
    """

    NAME = "scale-loss"
    WAITS = "an optimizer step"

    def install(self, points: Points) -> None:
        """Scales before each step."""
        self.points = points
        points.steps.before.append(self._scale)

    def _scale(self, optimizer: Optimizer) -> None:
        self.points.report.apply(self.text, type(optimizer).__name__)
        for tensor in tensors(optimizer):
            if tensor.grad is not None:
                tensor.grad.mul_(float(self.value))


build = ScaleLoss

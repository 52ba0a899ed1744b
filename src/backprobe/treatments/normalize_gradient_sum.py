# SPDX-License-Identifier: Apache-2.0
"""Accumulated gradients divided by the number of backward passes."""

from __future__ import annotations

from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.steps import tensors


class NormalizeGradientSum(Treatment):
    """Turns the sum over accumulated backward passes into their mean, before each step.

    Suits when: a script accumulates without dividing its loss. Nothing is left to undo.
    """

    NAME = "normalize-gradient-sum"
    WAITS = "a step after several backward passes"

    def install(self, points: Points) -> None:
        """Counts backward passes; divides before the step."""
        self.points = points
        self._backwards = 0
        points.after_backward.append(self._count)
        points.steps.before.append(self._divide)

    def _count(self) -> None:
        self._backwards += 1

    def _divide(self, optimizer: Optimizer) -> None:
        passes, self._backwards = self._backwards, 0
        if passes > 1:
            self.points.report.apply(self.text, f"{passes} passes")
            for tensor in tensors(optimizer):
                if tensor.grad is not None:
                    tensor.grad.div_(passes)


build = NormalizeGradientSum

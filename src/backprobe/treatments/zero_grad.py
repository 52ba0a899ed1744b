# SPDX-License-Identifier: Apache-2.0
"""Gradients cleared before each step's first backward pass."""

from __future__ import annotations

from torch import Tensor
from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.steps import tensors


class ZeroGrad(Treatment):
    """Calls `zero_grad` of each optimizer that stepped, before the next backward pass.

    Suits when: the script never clears its gradients (`missing-zero-grad`). Nothing is left.
    """

    NAME = "zero-grad"
    WAITS = "a backward pass after an optimizer step"

    def install(self, points: Points) -> None:
        """Remembers who stepped; clears at the next backward."""
        self.points = points
        self._stepped: list[Optimizer] = []
        self._looks = 0
        points.steps.after_late.append(self._stepped.append)
        points.before_backward.append(self._clear)

    def _clear(self, loss: Tensor) -> None:
        for optimizer in self._stepped:
            kept = any(
                tensor.grad is not None and bool(tensor.grad.any())
                for tensor in (tensors(optimizer) if self._looks < 20 else [])
            )
            self._looks += 1
            if kept:
                self.points.report.apply(self.text, type(optimizer).__name__)
            elif self._looks == 20 and self.text not in self.points.report.applied:
                self.points.report.refuse(self.text, "the script clears its gradients itself")
            optimizer.zero_grad(set_to_none=True)
        self._stepped.clear()


build = ZeroGrad

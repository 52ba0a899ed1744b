# SPDX-License-Identifier: Apache-2.0
"""No optimizer step where a gradient is NaN or infinite."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.steps import tensors


class SkipNonfiniteSteps(Treatment):
    """Leaves out each optimizer step of which some gradient is not finite.

    Suits when: few batches give NaN or infinity (`nonfinite-gradients`) and one of them is enough
    to ruin the weights; gradient scalers do the same. The optimizer then finds no gradients and so
    does nothing. Nothing is left to undo.
    """

    NAME = "skip-nonfinite-steps"
    WAITS = "an optimizer step with a gradient that is not finite"

    def install(self, points: Points) -> None:
        """Hides such gradients from the step."""
        self.points = points
        self._hidden: list[tuple[Tensor, Tensor | None]] = []
        points.steps.before_late.append(self._hide)
        points.steps.after.append(self._show)

    def _hide(self, optimizer: Optimizer) -> None:
        held = [(tensor, tensor.grad) for tensor in tensors(optimizer)]
        if all(bool(torch.isfinite(grad).all()) for _, grad in held if grad is not None):
            return
        self.points.report.apply(self.text, type(optimizer).__name__)
        self._hidden = held
        for tensor, _ in held:
            tensor.grad = None

    def _show(self, optimizer: Optimizer) -> None:
        for tensor, gradient in self._hidden:
            tensor.grad = gradient
        self._hidden = []


build = SkipNonfiniteSteps

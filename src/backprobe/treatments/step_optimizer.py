# SPDX-License-Identifier: Apache-2.0
"""`optimizer.step()` after each backward pass, where the script never calls it."""

from __future__ import annotations

from torch import Tensor

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points


class StepOptimizer(Treatment):
    """Steps every optimizer that was made after each backward pass, and clears the gradients.

    Suits when: the step is missing (`missing-optimizer-step`). It begins at the second backward
    pass, when it is sure that nobody stepped after the first. Nothing is left to undo.
    """

    NAME = "step-optimizer"
    WAITS = "two backward passes without an optimizer step"

    def install(self, points: Points) -> None:
        """Steps after each backward from the second on."""
        self.points = points
        self._backwards = 0
        points.before_backward.append(self._before)
        points.after_backward.append(self._after)

    def _before(self, loss: Tensor) -> None:
        self._backwards += 1
        if self._backwards == 2 and self.points.steps.count:
            self.points.report.refuse(self.text, "the script steps its optimizer itself")

    def _after(self) -> None:
        if self._backwards < 2 or self.text in self.points.report.refused:
            return
        for optimizer in self.points.steps.living():
            self.points.report.apply(self.text, type(optimizer).__name__)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)


build = StepOptimizer

# SPDX-License-Identifier: Apache-2.0
"""Each gradient component, bound before each step."""

from __future__ import annotations

from torch.nn.utils import clip_grad_value_
from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.steps import tensors


class ClipValue(Treatment):
    """Clips every component of the gradients to [-VALUE, VALUE].

    Suits when: a few components explode. Nothing is left to undo.
    """

    NAME = "clip-value"
    WAITS = "an optimizer step"

    def install(self, points: Points) -> None:
        """Clips before each step."""
        self.points = points
        points.steps.before.append(self._clip)

    def _clip(self, optimizer: Optimizer) -> None:
        self.points.report.apply(self.text, type(optimizer).__name__)
        clip_grad_value_(tensors(optimizer), float(self.value))


build = ClipValue

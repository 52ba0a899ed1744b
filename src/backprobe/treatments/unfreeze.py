# SPDX-License-Identifier: Apache-2.0
"""Every parameter is trained."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.optimize_all import give
from backprobe.treatments.points import Points


class Unfreeze(Treatment):
    """Sets `requires_grad` on every floating-point parameter and gives them to the optimizer.

    Suits when: layers are frozen that should learn (`frozen-parameters`). `undo` freezes them
    again.
    """

    NAME = "unfreeze"
    WAITS = "a forward of a model with frozen parameters"

    def install(self, points: Points) -> None:
        """Unfreezes before the first forward; the optimizer gets them at its first step."""
        self.points = points
        self._thawed: list[Tensor] = []
        points.first_forward.append(self._meet)
        points.steps.before.append(self._give)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        frozen = [p for p in root.parameters() if not p.requires_grad and p.is_floating_point()]
        for parameter in frozen:
            parameter.requires_grad_(True)
        self._thawed += frozen
        if frozen:
            self.points.report.apply(self.text, f"{len(frozen)} parameters")
        elif len(self.points.living_roots()) == 1:
            self.points.report.refuse(self.text, "no parameter is frozen")

    def _give(self, optimizer: Optimizer) -> None:
        give(optimizer, self.points.steps, self._thawed)

    def undo(self) -> None:
        """Freezes them again."""
        for parameter in self._thawed:
            parameter.requires_grad_(False)


build = Unfreeze

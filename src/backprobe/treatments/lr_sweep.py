# SPDX-License-Identifier: Apache-2.0
"""The learning rate rises from step to step, as in a range test."""

from __future__ import annotations

from typing import Any

from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.names import sweep
from backprobe.treatments.points import Points


class LrSweep(Treatment):
    """Raises the learning rate exponentially from LOW to HIGH over STEPS optimizer steps.

    Suits when: a good learning rate is looked for (Smith, 2017): the loss over the rate falls, then
    diverges. Several groups keep the ratio of their rates, the first has the swept one; after STEPS
    it stays at HIGH. Applied during each step only: the script and its schedule read their own
    setting between steps, and nothing is left to undo.
    """

    NAME = "lr-sweep"
    WAITS = "an optimizer step"

    def install(self, points: Points) -> None:
        """Changes the groups' settings during each step."""
        self.points = points
        self.low, self.high, self.steps = sweep(self.value)
        self._ratios: dict[int, float] = {}
        points.steps.changes.append(self._change)

    def rate(self, step: int) -> float:
        """The rate of a step, counted from 0."""
        share = min(1.0, step / max(1, self.steps - 1))
        return float(self.low * (self.high / self.low) ** share)

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        if "lr" not in group:
            return {}
        self.points.report.apply(self.text, type(optimizer).__name__)
        if group is optimizer.param_groups[0]:  # before any group of this step is changed
            base = float(group["lr"])
            self._ratios = {
                id(one): float(one["lr"]) / base if base else 1.0 for one in optimizer.param_groups
            }
        return {"lr": self.rate(self.points.steps.count) * self._ratios.get(id(group), 1.0)}


build = LrSweep

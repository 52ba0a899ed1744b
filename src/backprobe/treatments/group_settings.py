# SPDX-License-Identifier: Apache-2.0
"""Treatments that are other settings of an optimizer's groups, during its steps only."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points


class GroupSettings(Treatment):
    """Gives each group of each optimizer other settings for as long as a step lasts."""

    WAITS = "an optimizer step"

    def install(self, points: Points) -> None:
        """Changes the groups' settings during each step."""
        self.points = points
        points.steps.changes.append(self._change)

    @abstractmethod
    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        """The settings of a group that are others during a step, {} for none."""

# SPDX-License-Identifier: Apache-2.0
"""The weight decay of every group."""

from __future__ import annotations

from typing import Any

from torch.optim.optimizer import Optimizer

from backprobe.treatments.group_settings import GroupSettings


class WeightDecay(GroupSettings):
    """The weight decay of every group.

    Suits when: weights are held too small, or a network overfits.
    Applied during each step only: the script and its schedule read their own setting between
    steps, and nothing is left to undo.
    """

    NAME = "weight-decay"

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        if "weight_decay" not in group:
            name = type(optimizer).__name__
            self.points.report.refuse(self.text, f"{name} has no weight decay")
            return {}
        self.points.report.apply(self.text, type(optimizer).__name__)
        return {"weight_decay": 0.0 if self.value == "off" else float(self.value)}


build = WeightDecay

# SPDX-License-Identifier: Apache-2.0
"""Momentum, or the first beta of the Adam family."""

from __future__ import annotations

from typing import Any

from torch.optim.optimizer import Optimizer

from backprobe.treatments.group_settings import GroupSettings


class Momentum(GroupSettings):
    """Momentum, or the first beta of the Adam family.

    Suits when: the loss swings to and fro, or creeps.
    Applied during each step only: the script and its schedule read their own setting between
    steps, and nothing is left to undo.
    """

    NAME = "momentum"

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        value = 0.0 if self.value == "off" else float(self.value)
        if "momentum" in group:
            self.points.report.apply(self.text, type(optimizer).__name__)
            return {"momentum": value, **({"nesterov": False} if not value else {})}
        if "betas" in group:
            self.points.report.apply(self.text, type(optimizer).__name__)
            return {"betas": (value, group["betas"][1])}
        self.points.report.refuse(self.text, f"{type(optimizer).__name__} has no momentum")
        return {}


build = Momentum

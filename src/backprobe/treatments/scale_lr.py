# SPDX-License-Identifier: Apache-2.0
"""The learning rate times a factor, through any schedule."""

from __future__ import annotations

from typing import Any

from torch.optim.optimizer import Optimizer

from backprobe.treatments.group_settings import GroupSettings


class ScaleLr(GroupSettings):
    """The learning rate times a factor, through any schedule.

    Suits when: the rate is too high or too low, or a loss explodes.
    Applied during each step only: the script and its schedule read their own setting between
    steps, and nothing is left to undo.
    """

    NAME = "scale-lr"

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        self.points.report.apply(self.text, type(optimizer).__name__)
        return {"lr": group["lr"] * float(self.value)} if "lr" in group else {}


build = ScaleLr

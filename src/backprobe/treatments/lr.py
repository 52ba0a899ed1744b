# SPDX-License-Identifier: Apache-2.0
"""The learning rate itself, in every group and without a schedule."""

from __future__ import annotations

from typing import Any

from torch.optim.optimizer import Optimizer

from backprobe.treatments.group_settings import GroupSettings


class Lr(GroupSettings):
    """The learning rate itself, in every group and without a schedule.

    Suits when: a better rate is known, as from a range test.
    Applied during each step only: the script and its schedule read their own setting between
    steps, and nothing is left to undo.
    """

    NAME = "lr"

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        self.points.report.apply(self.text, type(optimizer).__name__)
        return {"lr": float(self.value)} if "lr" in group else {}


build = Lr

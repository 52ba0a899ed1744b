# SPDX-License-Identifier: Apache-2.0
"""The learning rate rises linearly over the first steps."""

from __future__ import annotations

from typing import Any

from torch.optim.optimizer import Optimizer

from backprobe.treatments.group_settings import GroupSettings


class Warmup(GroupSettings):
    """The learning rate rises linearly over the first steps.

    Suits when: the first steps do harm that later ones do not.
    Applied during each step only: the script and its schedule read their own setting between
    steps, and nothing is left to undo.
    """

    NAME = "warmup"

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        self.points.report.apply(self.text, type(optimizer).__name__)
        share = min(1.0, (self.points.steps.count + 1) / float(self.value))
        return {"lr": group["lr"] * share} if "lr" in group else {}


build = Warmup

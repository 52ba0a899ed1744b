# SPDX-License-Identifier: Apache-2.0
"""Another learning-rate schedule in the place of the script's."""

from __future__ import annotations

import math
from typing import Any

from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.horizon import total
from backprobe.treatments.points import Points

WARM = 0.05
"""Share of the steps over which `warmup-cosine` rises; 1 to 10 % is usual."""
RISE, START, END = 0.3, 1 / 25, 1 / 25e4
"""`onecycle`: share of rising steps, first and last rate against the peak: torch's defaults."""


class Schedule(Treatment):
    """Takes the script's first learning rate as the base, and another schedule over the steps.

    Suits when: the script's schedule is misused (`scheduler-misuse`; `none` keeps the first rate),
    the loss still moves to and fro at the end (`loss-oscillating`; `cosine` falls to 0), or the
    first steps do harm (`warmup-cosine`, `onecycle`, whose peak is the script's rate). All but
    `none` need the number of steps: in `prove` it is that of the original run, with `backprobe run`
    give `--steps`. Applied during each step only; nothing is left to undo.
    """

    NAME = "schedule"
    WAITS = "an optimizer step"

    def install(self, points: Points) -> None:
        """Changes the groups' settings during each step."""
        self.points = points
        self._base: dict[int, float] = {}
        self._total = total()
        if self.value != "none" and self._total is None:
            points.report.refuse(
                self.text, f"{self.value} needs the number of steps; give it by --steps"
            )
            return
        points.steps.changes.append(self._change)

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        if "lr" not in group:
            return {}
        self.points.report.apply(self.text, type(optimizer).__name__)
        first = float(group.get("initial_lr", group["lr"]))
        base = self._base.setdefault(id(group), first)
        return {"lr": base * factor(self.value, self.points.steps.count, self._total or 1)}


def factor(name: str, step: int, steps: int) -> float:
    """What the base rate is multiplied with at a step, counted from 0."""
    share = min(1.0, step / max(1, steps))
    if name == "none":
        return 1.0
    if name == "cosine":
        return _cosine(share)
    if name == "warmup-cosine":
        warm = max(1.0, WARM * steps)
        if step < warm:
            return (step + 1) / warm
        return _cosine((step - warm) / max(1.0, steps - warm))
    if share < RISE:
        return START + (1 - START) * (1 - _cosine(share / RISE))
    return END + (1 - END) * _cosine((share - RISE) / (1 - RISE))


def _cosine(share: float) -> float:
    """From 1 down to 0."""
    return 0.5 * (1 + math.cos(math.pi * min(1.0, share)))


build = Schedule

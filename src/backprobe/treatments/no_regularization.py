# SPDX-License-Identifier: Apache-2.0
"""No dropout, weight decay or label smoothing."""

from __future__ import annotations

from typing import Any

from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.dropout import DROPOUTS
from backprobe.treatments.points import Points


class NoRegularization(Treatment):
    """Switches off every dropout, weight decay and label smoothing together.

    Suits when: a network underfits, and it is asked whether what should keep it from overfitting is
    the reason (`underfitting`). Norms stay, and so does a penalty that the script adds to its loss.
    Applied to calls and during steps only; nothing is left to undo.
    """

    NAME = "no-regularization"
    WAITS = "a dropout, a weight decay or a label smoothing"

    def install(self, points: Points) -> None:
        """Changes calls and the groups' settings during each step."""
        self.points = points
        points.calls.on(DROPOUTS, self._dropout)
        points.calls.on(("cross_entropy",), self._loss)
        points.steps.changes.append(self._change)

    def _dropout(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        given = dict(zip(("input", "p", "training"), args, strict=False)) | kwargs
        if given.get("training", True) and given.get("p", 0.5) > 0:
            self.points.report.apply(self.text, name)
        return given["input"]

    def _loss(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if kwargs.get("label_smoothing"):
            self.points.report.apply(self.text, "label smoothing")
            kwargs = {**kwargs, "label_smoothing": 0.0}
        return proceed(*args, **kwargs)

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        if not group.get("weight_decay"):
            return {}
        self.points.report.apply(self.text, "weight decay")
        return {"weight_decay": 0.0}


build = NoRegularization

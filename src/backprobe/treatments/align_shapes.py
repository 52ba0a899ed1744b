# SPDX-License-Identifier: Apache-2.0
"""The target in the prediction's shape."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.points import Points

DIFFERENCES = ("sub", "__sub__", "__rsub__", "rsub", "eq", "__eq__")


class AlignShapes(Treatment):
    """Reshapes the target to the prediction's shape before the two meet.

    Suits when: [N] against [N, 1] broadcasts to [N, N] (`target-broadcast`). Loss functions and
    hand-written differences with a model's output are seen. Applied to the calls; nothing is left.
    """

    NAME = "align-shapes"
    WAITS = "a loss whose target has another shape than the prediction"

    def install(self, points: Points) -> None:
        """Reshapes in loss functions and in differences."""
        self.points = points
        points.calls.track_outputs()
        points.calls.on_losses(self._loss)
        points.calls.on(DIFFERENCES, self._difference)

    def _loss(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if len(args) > 1 and name not in ("cross_entropy", "nll_loss") and _differ(*args[:2]):
            self.points.report.apply(self.text, name)
            args = (args[0], args[1].reshape(args[0].shape), *args[2:])
        return proceed(*args, **kwargs)

    def _difference(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if len(args) > 1 and not self.points.stack and _differ(*args[:2]):
            first, second = args[:2]
            if self.points.calls.output_of(first) is not None:
                args = (first, second.reshape(first.shape), *args[2:])
                self.points.report.apply(self.text, name)
            elif self.points.calls.output_of(second) is not None:
                args = (first.reshape(second.shape), second, *args[2:])
                self.points.report.apply(self.text, name)
        return proceed(*args, **kwargs)


def _differ(first: Any, second: Any) -> bool:
    if not isinstance(first, Tensor) or not isinstance(second, Tensor):
        return False
    return first.shape != second.shape and first.numel() == second.numel() and first.numel() > 1


build = AlignShapes

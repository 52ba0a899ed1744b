# SPDX-License-Identifier: Apache-2.0
"""Inputs times a factor."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points


class ScaleInputs(Treatment):
    """Multiplies the first floating-point tensor that a root gets by VALUE.

    Suits when: all inputs are of one scale that is far from 1, such as pixels from 0 to 255
    (`inputs-not-normalized`, with 0.00392). In training and evaluation alike. Nothing is left to
    undo.
    """

    NAME = "scale-inputs"
    WAITS = "a forward of a model on floating-point inputs"

    def install(self, points: Points) -> None:
        """Changes the first argument of each root's forward."""
        self.points = points
        points.before_forward.append(self._before)

    def _before(
        self, root: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, ...] | None:
        if not args or not isinstance(args[0], Tensor) or not args[0].is_floating_point():
            if len(self.points.living_roots()) == 1 and not kwargs:
                self.points.report.refuse(self.text, "the input is no floating-point tensor")
            return None
        self.points.report.apply(self.text)
        return (args[0] * float(self.value), *args[1:])


build = ScaleInputs

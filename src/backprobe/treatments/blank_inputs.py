# SPDX-License-Identifier: Apache-2.0
"""Inputs of zeros: what the data give."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points


class BlankInputs(Treatment):
    """Gives a root zeros for its first floating-point tensor, in training and evaluation.

    Suits when: it is asked whether the inputs matter at all (`uninformative-inputs`): a network
    that does as well on zeros learns nothing from its data. Nothing is left to undo.
    """

    NAME = "blank-inputs"
    WAITS = "a forward of a model on floating-point inputs"

    def install(self, points: Points) -> None:
        """Changes the first argument of each root's forward."""
        self.points = points
        points.before_forward.append(self._before)

    def _before(
        self,
        root: nn.Module,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> tuple[Any, ...] | None:
        if not args or not isinstance(args[0], Tensor) or not args[0].is_floating_point():
            return None
        self.points.report.apply(self.text)
        return (torch.zeros_like(args[0]), *args[1:])


build = BlankInputs

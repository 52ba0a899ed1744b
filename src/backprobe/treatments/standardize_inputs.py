# SPDX-License-Identifier: Apache-2.0
"""Inputs of mean 0 and standard deviation 1, feature by feature."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.running import Running


class StandardizeInputs(Treatment):
    """Standardises the first tensor that a root gets, by the training batches seen so far.

    Suits when: features differ in scale or are far from 0 (`inputs-not-normalized`). Columns of
    tables, channels of images and sequences. Statistics come from training batches only and stay
    after 50 of them. Nothing is left to undo.
    """

    NAME = "standardize-inputs"
    WAITS = "a forward of a model on floating-point inputs"

    def install(self, points: Points) -> None:
        """Changes the first argument of each root's forward."""
        self.points = points
        self._seen: dict[int, Running] = {}
        points.before_forward.append(self._before)

    def _before(
        self, root: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, ...] | None:
        x = args[0] if args else None
        if not isinstance(x, Tensor) or not x.is_floating_point() or x.requires_grad:
            if len(self.points.living_roots()) == 1 and not kwargs:
                self.points.report.refuse(self.text, "the input is no floating-point tensor")
            return None
        running = self._seen.setdefault(id(root), Running())
        if self.points.trains(root):
            running.add(x)
            self.points.report.apply(self.text)
        mean, std = running.scale(x)
        return ((x - mean) / std, *args[1:])


build = StandardizeInputs

# SPDX-License-Identifier: Apache-2.0
"""Small weights, or none, at the output."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.kept import KeptTensors
from backprobe.treatments.points import Points

SMALL = 0.01
"""A hundredth: the first outputs are then near zero whatever the scale of the layers before."""


class LastLayer(Treatment):
    """Multiplies the weights of the last layer by 0.01 (`small`) or 0 (`zero`) before training.

    Suits when: the first loss is far above what a constant answer gives (`initial-loss-off`): a
    confident wrong start, as a large last layer gives. `zero` begins at the constant answer itself;
    the layer gets gradients all the same, those before it from the second step on. Biases are set
    to 0. `undo` puts the weights back.
    """

    NAME = "last-layer"
    WAITS = "a forward of a model with a linear layer or a convolution at its end"

    def install(self, points: Points) -> None:
        """Scales before the first forward of each root."""
        self.points = points
        self._kept = KeptTensors()
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        ends = self.points.last_modules()
        tensors = [
            (getattr(module, name), SMALL if name == "weight" and self.value == "small" else 0.0)
            for module in ends
            if isinstance(module, (nn.Linear, nn.modules.conv._ConvNd))
            for name in ("weight", "bias")
            if isinstance(getattr(module, name), nn.Parameter)
        ]
        with torch.no_grad():
            for tensor, factor in tensors:
                self._kept.keep(tensor)
                tensor.mul_(factor)
        if tensors:
            self.points.report.apply(self.text, type(root).__name__)
        elif len(self.points.living_roots()) == 1:
            self.points.report.refuse(self.text, "no linear layer or convolution is the last")

    def undo(self) -> None:
        """Puts the weights back that were there."""
        self._kept.put_back()


build = LastLayer

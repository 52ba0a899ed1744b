# SPDX-License-Identifier: Apache-2.0
"""The number of outputs."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.resizing import Resized


class HeadSize(Treatment):
    """Gives the model's last layer VALUE outputs.

    Suits when: there are fewer outputs than classes, or one where a class each is needed
    (`wrong-loss`, `single-unit-softmax`); often together with `swap-loss`. The last layer is the
    one linear layer or convolution that nothing with weights follows; its new weights are drawn
    from its old ones. `undo` gives it its outputs back.
    """

    NAME = "head-size"
    WAITS = "a forward of a model with a linear layer or a convolution at its end"

    def install(self, points: Points) -> None:
        """Resizes before the first forward of each root."""
        self.points = points
        generator = torch._C.Generator()
        generator.manual_seed(2)
        self._resized = Resized(generator)
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        ends = self.points.last_modules()
        heads = [m for m in ends if isinstance(m, (nn.Linear, nn.modules.conv._ConvNd))]
        if len(self.points.living_roots()) > 1:
            return
        if len(heads) != 1 or getattr(heads[0], "groups", 1) != 1:
            self.points.report.refuse(self.text, f"the model has {len(heads)} last layers, not one")
            return
        outputs = int(self.value)
        known = getattr(heads[0], "out_features", None) or getattr(heads[0], "out_channels", None)
        if known == outputs:
            self.points.report.refuse(self.text, f"it has {outputs} outputs already")
            return
        self._resized.layer(heads[0], outputs, None)
        self.points.report.apply(self.text, f"{known} → {outputs} outputs")

    def undo(self) -> None:
        """Gives the layer its outputs back."""
        self._resized.undo()


build = HeadSize

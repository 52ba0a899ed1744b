# SPDX-License-Identifier: Apache-2.0
"""A small positive bias before each ReLU."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.kept import KeptTensors
from backprobe.treatments.points import Points

RECTIFIERS = ("relu", "relu6")


class ReluBias(Treatment):
    """Sets the bias of each layer before a ReLU to VALUE before training.

    Suits when: units are dead from the start (`dead-relu`), as by negative biases: at a small
    positive one most units begin open. Layers whose output a norm takes have no use for it. `undo`
    puts the biases back.
    """

    NAME = "relu-bias"
    WAITS = "a forward of a model with a ReLU"

    def install(self, points: Points) -> None:
        """Sets before the first forward of each root."""
        self.points = points
        self._kept = KeptTensors()
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        modules = [
            one.module
            for one in self.points.layers()
            if one.following in RECTIFIERS and not one.normed
        ]
        biases = [getattr(module, "bias", None) for module in dict.fromkeys(modules)]
        found = [bias for bias in biases if isinstance(bias, nn.Parameter)]
        with torch.no_grad():
            for bias in found:
                self._kept.keep(bias)
                bias.fill_(float(self.value))
        if found:
            self.points.report.apply(self.text, f"{len(found)} layers")
        elif len(self.points.living_roots()) == 1:
            self.points.report.refuse(self.text, "no layer with a bias stands before a ReLU")

    def undo(self) -> None:
        """Puts the biases back."""
        self._kept.put_back()


build = ReluBias

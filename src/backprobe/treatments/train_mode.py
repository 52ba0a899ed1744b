# SPDX-License-Identifier: Apache-2.0
"""Train mode in forwards with gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points


class TrainMode(Treatment):
    """Puts a root in train mode for each forward with gradients, and back after it.

    Suits when: the script trains in eval mode (`eval-mode-training`). Nothing is left to undo.
    """

    NAME = "train-mode"
    WAITS = "a training forward of a model in eval mode"

    def install(self, points: Points) -> None:
        """Switches around forwards."""
        self.points = points
        self._before: list[tuple[nn.Module, bool]] = []
        points.before_forward.append(self._enter)
        points.after_forward.append(self._leave)

    def _enter(self, root: nn.Module, *_: Any) -> None:
        self._before = []
        if torch.is_grad_enabled() and not root.training:
            self._before = [(module, module.training) for module in root.modules()]
            for module, _mode in self._before:
                module.training = True
            self.points.report.apply(self.text)

    def _leave(self, root: nn.Module, output: Any) -> Any:
        for module, mode in self._before:
            module.training = mode
        self._before = []
        return output


build = TrainMode

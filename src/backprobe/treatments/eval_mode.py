# SPDX-License-Identifier: Apache-2.0
"""Eval mode in forwards without gradients."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points


class EvalMode(Treatment):
    """Puts a root in eval mode for each forward without gradients, and back after it.

    Suits when: the script evaluates in train mode (`train-mode-eval`). Nothing is left to undo.
    """

    NAME = "eval-mode"
    WAITS = "a forward without gradients of a model in train mode"

    def install(self, points: Points) -> None:
        """Switches around forwards."""
        self.points = points
        self._before: list[tuple[nn.Module, bool]] = []
        points.before_forward.append(self._enter)
        points.after_forward.append(self._leave)

    def _enter(self, root: nn.Module, *_: Any) -> None:
        self._before = []
        if not torch.is_grad_enabled() and any(module.training for module in root.modules()):
            self._before = [(module, module.training) for module in root.modules()]
            for module, _mode in self._before:
                module.training = False
            self.points.report.apply(self.text)

    def _leave(self, root: nn.Module, output: Any) -> Any:
        for module, mode in self._before:
            module.training = mode
        self._before = []
        return output


build = EvalMode

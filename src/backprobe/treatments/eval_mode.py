# SPDX-License-Identifier: Apache-2.0
"""Eval mode in forwards without gradients."""

from __future__ import annotations

import torch
from torch import nn

from backprobe.treatments.modes import Moded


class EvalMode(Moded):
    """Puts a root in eval mode for each forward without gradients, and back after it.

    Suits when: the script evaluates in train mode (`train-mode-eval`). Nothing is left to undo.
    """

    NAME = "eval-mode"
    WAITS = "a forward without gradients of a model in train mode"
    MODE = False

    def wrong(self, root: nn.Module) -> bool:
        """Any part in training mode, while nothing is trained."""
        return not torch.is_grad_enabled() and any(module.training for module in root.modules())


build = EvalMode

# SPDX-License-Identifier: Apache-2.0
"""Train mode in forwards with gradients."""

from __future__ import annotations

import torch
from torch import nn

from backprobe.treatments.modes import Moded


class TrainMode(Moded):
    """Puts a root in train mode for each forward with gradients, and back after it.

    Suits when: the script trains in eval mode (`eval-mode-training`). Nothing is left to undo.
    """

    NAME = "train-mode"
    WAITS = "a training forward of a model in eval mode"
    MODE = True

    def wrong(self, root: nn.Module) -> bool:
        """The root in eval mode, while it is trained."""
        return torch.is_grad_enabled() and not root.training


build = TrainMode

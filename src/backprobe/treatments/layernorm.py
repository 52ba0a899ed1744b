# SPDX-License-Identifier: Apache-2.0
"""A layer norm before each hidden activation, or none at all."""

from __future__ import annotations

from torch import nn

from backprobe.treatments.norms import Norms


class LayerNorm(Norms):
    """Normalises the output of each hidden layer row by row; `off` leaves out every layer norm.

    Suits when: signals vanish, explode or drift in a deep stack whose batches are small or whose
    rows are sequences, where batch statistics mislead. `on` gives each linear layer before a hidden
    activation a layer norm over its features, each convolution one over channels and positions (a
    group norm of one group); the optimizer gets their scale and shift, and `undo` takes them away.
    """

    NAME = "layernorm"
    CHILD = "backprobe_layer_norm"
    SKIPS = ("layer_norm", "rms_norm")

    def make(self, module: nn.Module) -> nn.Module | None:
        """A layer norm over features, or a group norm of one group over channels."""
        if isinstance(module, nn.Linear):
            return nn.LayerNorm(module.out_features)
        if isinstance(module, nn.modules.conv._ConvNd):
            return nn.GroupNorm(1, module.out_channels)
        return None


build = LayerNorm

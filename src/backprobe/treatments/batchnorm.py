# SPDX-License-Identifier: Apache-2.0
"""A batch norm before each hidden activation, or none at all."""

from __future__ import annotations

from torch import nn

from backprobe.treatments.norms import Norms


class BatchNorm(Norms):
    """Normalises the output of each hidden layer over the batch; `off` leaves out every batch norm.

    Suits when: signals vanish, explode or drift in a deep stack (`batchnorm=on`), or batches are
    too small for their statistics (`batchnorm=off`). `on` gives each linear layer or convolution
    before a hidden activation a norm as a child, whose scale and shift the optimizer gets; `undo`
    takes the children away.
    """

    NAME = "batchnorm"
    CHILD = "backprobe_norm"
    SKIPS = ("batch_norm",)

    def make(self, module: nn.Module) -> nn.Module | None:
        """A batch norm over features or channels."""
        if isinstance(module, nn.Linear):
            return nn.BatchNorm1d(module.out_features)
        if isinstance(module, nn.modules.conv._ConvNd):
            kinds = {3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
            return kinds[module.weight.dim()](module.out_channels)
        return None


build = BatchNorm

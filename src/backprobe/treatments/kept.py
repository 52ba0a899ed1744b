# SPDX-License-Identifier: Apache-2.0
"""Tensors as they were before a treatment wrote into them."""

from __future__ import annotations

import torch
from torch import Tensor


class KeptTensors:
    """Copies of tensors, each as it was when it was first kept."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Tensor, Tensor]] = {}

    def keep(self, tensor: Tensor) -> None:
        """Copies a tensor that is about to be written into."""
        if id(tensor) not in self._kept:
            self._kept[id(tensor)] = (tensor, tensor.detach().clone())

    def put_back(self) -> None:
        """Writes every copy back in place."""
        with torch.no_grad():
            for tensor, before in self._kept.values():
                tensor.copy_(before)

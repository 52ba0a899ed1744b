# SPDX-License-Identifier: Apache-2.0
"""Recurrent layers that read [batch, time, features]."""

from __future__ import annotations

from typing import Any

from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points

KINDS = (nn.RNNBase, nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)


class BatchFirst(Treatment):
    """Sets `batch_first` on recurrent and attention layers that were made without it.

    Suits when: a layer gets [batch, time, features] and takes the batch for the time
    (`batch-mixing`). The shape of a recurrent layer's last state stays. `undo` sets it back.
    """

    NAME = "batch-first"
    WAITS = "a forward of a model with recurrent or attention layers"

    def install(self, points: Points) -> None:
        """Switches before the first forward of each root."""
        self.points = points
        self._switched: list[Any] = []
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        found: list[Any] = [
            m
            for m in root.modules()
            if isinstance(m, KINDS) and getattr(m, "batch_first", None) is False
        ]
        for module in found:
            module.batch_first = True
        self._switched += found
        if found:
            self.points.report.apply(self.text, f"{len(found)} layers")
        elif len(self.points.living_roots()) == 1:
            self.points.report.refuse(self.text, "no layer reads the time first")

    def undo(self) -> None:
        """Sets it back."""
        for module in self._switched:
            module.batch_first = False


build = BatchFirst

# SPDX-License-Identifier: Apache-2.0
"""Targets shuffled within each batch: the data without their meaning."""

from __future__ import annotations

from typing import Any

import torch

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.points import Points


class PermuteTargets(Treatment):
    """Gives the training loss the batch's targets in another order.

    Suits when: it is asked whether a network learns from its labels, or only their frequencies.
    Its random numbers are its own. Applied to calls; nothing is left.
    """

    NAME = "permute-targets"
    WAITS = "a call of one of torch's loss functions in training"

    def install(self, points: Points) -> None:
        """Permutes the target of each loss call."""
        self.points = points
        self._generator = torch._C.Generator()
        self._generator.manual_seed(0)
        points.calls.on_losses(self._loss)

    def _loss(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if not torch.is_grad_enabled() or len(args) < 2 or args[1].dim() < 1:
            return proceed(*args, **kwargs)
        order = torch.randperm(len(args[1]), generator=self._generator)
        self.points.report.apply(self.text, name)
        return proceed(args[0], args[1][order.to(args[1].device)], *args[2:], **kwargs)


build = PermuteTargets

# SPDX-License-Identifier: Apache-2.0
"""Classes weighted by their rarity."""

from __future__ import annotations

from typing import Any

import torch

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.points import Points


class ClassWeights(Treatment):
    """Weights each class of a cross entropy by the inverse of its count, seen so far.

    Suits when: some classes are rare (`class-imbalance`). Applied to calls; nothing is left.
    """

    NAME = "class-weights"
    WAITS = "a cross entropy on class ids, or a binary one, in training"

    def install(self, points: Points) -> None:
        """Changes the weight of loss calls."""
        self.points = points
        self._counts: torch.Tensor | None = None
        points.calls.on_losses(self._loss)

    def _loss(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if not torch.is_grad_enabled() or len(args) < 2:
            return proceed(*args, **kwargs)
        output, target = args[:2]
        if name in ("cross_entropy", "nll_loss") and not target.is_floating_point():
            classes = output.shape[1] if output.dim() > 1 else output.shape[0]
            valid = target[(target >= 0) & (target < classes)].reshape(-1)
            counts = torch.bincount(valid, minlength=classes).double()
            key = "weight"
        elif name == "binary_cross_entropy_with_logits":
            positive = (target > 0.5).double().sum()
            counts = torch.stack([target.numel() - positive, positive])
            key = "pos_weight"
        else:
            return proceed(*args, **kwargs)
        self._counts = counts if self._counts is None else self._counts + counts
        seen = self._counts.clamp(min=1.0)
        weight = seen.sum() / (len(seen) * seen) if key == "weight" else seen[0] / seen[1]
        self.points.report.apply(self.text, name)
        rest = {**kwargs, key: weight.to(output)}
        if len(args) > 2:
            return proceed(*args, **kwargs)
        return proceed(output, target, **rest)


build = ClassWeights

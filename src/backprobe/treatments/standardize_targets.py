# SPDX-License-Identifier: Apache-2.0
"""Targets of mean 0 and standard deviation 1; evaluation stays in the user's units."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.functions import LOSSES, REGRESSION
from backprobe.treatments.points import Points
from backprobe.treatments.running import Running

POWER = {"mse": 2}


class StandardizeTargets(Treatment):
    """Computes a regression loss on standardised targets, and scales predictions back elsewhere.

    Suits when: targets are far from 0 or of a large scale (`targets-not-normalized`). In training
    the gradient is that of the standardised loss, while the loss's value stays in the user's units;
    in evaluation the model's output is scaled back, so that metrics are in the user's units too.
    Loss functions of torch and hand-written differences `output - target` are seen. Nothing is
    left to undo.
    """

    NAME = "standardize-targets"
    WAITS = "a regression loss, or a difference of output and target, in training"

    def install(self, points: Points) -> None:
        """Changes losses in training and outputs in evaluation."""
        self.points = points
        self._running = Running()
        points.calls.track_outputs()
        points.calls.on_losses(self._loss)
        points.calls.on(("sub", "__sub__", "rsub", "__rsub__"), self._difference)
        points.after_forward.append(self._after)

    def _after(self, root: nn.Module, output: Any) -> Any:
        if self.points.trains(root) or not isinstance(output, Tensor) or not self._running.batches:
            return output
        mean, std = self._running.scale(output)
        if mean.numel() != 1 and mean.shape[1] != output.shape[-1]:
            return output
        return output * std + mean

    def _loss(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        kind = LOSSES[name]
        if len(args) < 2 or not self.points.trains(self.points.calls.output_of(args[0])):
            return proceed(*args, **kwargs)
        output, target = args[:2]
        if kind not in REGRESSION:
            self.points.report.refuse(self.text, f"the loss is {kind}: targets are classes")
            return proceed(*args, **kwargs)
        if not torch.is_grad_enabled() or not output.requires_grad:
            return proceed(*args, **kwargs)
        mean, std = self._take(output, target)
        self.points.report.apply(self.text, kind)
        loss = proceed(output, ((target - mean) / std).to(output.dtype), *args[2:], **kwargs)
        with torch.no_grad():
            value = proceed(output * std + mean, target, *args[2:], **kwargs)
        return loss + (value - loss).detach()

    def _difference(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if self.points.stack or len(args) < 2:
            return proceed(*args, **kwargs)
        first, second = args[:2]
        for output, target in ((first, second), (second, first)):
            root = self.points.calls.output_of(output)
            if root is None or not isinstance(target, Tensor) or not self.points.trains(root):
                continue
            if not output.requires_grad or target.requires_grad:
                continue
            mean, std = self._take(output, target)
            self.points.report.apply(self.text, "difference")
            scaled = (target - mean) / std
            pair = (output, scaled) if output is first else (scaled, output)
            return proceed(*pair, *args[2:], **kwargs)
        return proceed(*args, **kwargs)

    def _take(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        values = target
        if target.dim() > 1 and target.shape[1] == 1:
            values = target.reshape(-1)
        self._running.add(values)
        mean, std = self._running.scale(values.to(output.dtype))
        return (mean.reshape(()), std.reshape(())) if mean.numel() == 1 else (mean, std)


build = StandardizeTargets

# SPDX-License-Identifier: Apache-2.0
"""Another optimizer moves the same parameters."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.steps import tensors

DEFAULTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "adam": (torch.optim.Adam, {"lr": 1e-3}),
    "adamw": (torch.optim.AdamW, {"lr": 1e-3}),
    "sgd": (torch.optim.SGD, {"lr": 1e-2, "momentum": 0.9}),
    "rmsprop": (torch.optim.RMSprop, {"lr": 1e-3}),
}

NEAR = 3.0
"""The same optimizer at a rate within this factor of the usual one is no other optimizer."""


class SwapOptimizer(Treatment):
    """Steps another optimizer, at its usual learning rate, in the place of the script's.

    Suits when: progress is slow because gradients differ in scale (`learning-rate-too-low`). The
    script's schedule goes on as a factor. During a step the script's optimizer finds no gradients
    and so does nothing. Nothing is left to undo.
    """

    NAME = "swap-optimizer"
    WAITS = "an optimizer step"

    def install(self, points: Points) -> None:
        """Hides the gradients from the script's step and steps the other one after it."""
        self.points = points
        self._shadows: dict[int, tuple[Any, Optimizer, list[float]]] = {}
        self._hidden: list[tuple[Tensor, Tensor | None]] = []
        points.steps.before_late.append(self._hide)
        points.steps.after.append(self._step)

    def _hide(self, optimizer: Optimizer) -> None:
        kind, settings = DEFAULTS[self.value]
        if type(optimizer) is kind and not self._shadows:
            rate = float(optimizer.param_groups[0]["lr"])
            if settings["lr"] / NEAR <= rate <= settings["lr"] * NEAR:
                name = type(optimizer).__name__
                self.points.report.refuse(self.text, f"it is {name} at its usual rate already")
                return
        self._hidden = [(tensor, tensor.grad) for tensor in tensors(optimizer)]
        for tensor, _ in self._hidden:
            tensor.grad = None

    def _step(self, optimizer: Optimizer) -> None:
        hidden, self._hidden = self._hidden, []
        for tensor, gradient in hidden:
            tensor.grad = gradient
        if not hidden:
            return
        known = self._shadows.get(id(optimizer))
        if known is None or known[0]() is not optimizer:
            kind, settings = DEFAULTS[self.value]
            own_groups = optimizer.param_groups
            rates = [float(group.get("initial_lr", group["lr"])) for group in own_groups]
            shadow = kind([{"params": list(g["params"])} for g in own_groups], **settings)
            known = weakref.ref(optimizer), shadow, rates
            self._shadows[id(optimizer)] = known
        _, shadow, rates = known
        base = DEFAULTS[self.value][1]["lr"]
        groups = zip(shadow.param_groups, optimizer.param_groups, rates, strict=True)
        for group, own, first in groups:
            group["lr"] = base * (float(own["lr"]) / first if first else 1.0)
        shadow.step()
        self.points.report.apply(self.text, f"{type(optimizer).__name__} → {self.value}")


build = SwapOptimizer

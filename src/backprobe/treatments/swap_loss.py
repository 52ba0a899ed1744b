# SPDX-License-Identifier: Apache-2.0
"""Another loss function in the place of the script's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.functions import ACTIVATIONS, LOSSES
from backprobe.treatments.points import Points

KINDS = {
    "cross-entropy": "cross_entropy",
    "bce-with-logits": "binary_cross_entropy_with_logits",
    "mse": "mse_loss",
    "l1": "l1_loss",
    "huber": "huber_loss",
}
"""Value → torch's function."""


class SwapLoss(Treatment):
    """Computes another loss from the same prediction and target.

    Suits when: the loss doesn't fit the task (`wrong-loss`, `sigmoid-multiclass`) or what it is
    given (`logits-into-nll`, `logits-into-bce`, `single-unit-softmax`). One-hot targets become
    class ids; for a loss on raw scores the model's own softmax or sigmoid is left out in training,
    and a softmax over one unit is a sigmoid in evaluation. Applied to the calls; nothing is left.
    """

    NAME = "swap-loss"
    WAITS = "a call of one of torch's loss functions"

    def install(self, points: Points) -> None:
        """Replaces the calls of loss functions and, where it must, the output's activation."""
        self.points = points
        points.calls.track_outputs()
        points.calls.on_losses(self._loss)
        if self.value in ("cross-entropy", "bce-with-logits"):
            points.calls.on_activations(self._activation)

    def _activation(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        points, canonical = self.points, ACTIVATIONS[name]
        x: Any = args[0] if args else kwargs.get("input")
        if points.stack:
            trace = points.trace()
            at_output = trace is not None and trace.role(points.ordinal, canonical) == "output"
        else:
            at_output = points.calls.output_of(x) is not None
        if not at_output or canonical not in ("softmax", "log_softmax", "sigmoid"):
            return proceed(*args, **kwargs)
        if points.trains(points.root):
            return x
        if self.value == "bce-with-logits" and canonical == "softmax" and x.shape[-1] == 1:
            return x.sigmoid()
        return proceed(*args, **kwargs)

    def _loss(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if not torch.is_grad_enabled() or len(args) < 2:
            return proceed(*args, **kwargs)
        kept = {key: kwargs[key] for key in ("reduction",) if key in kwargs}
        loss = self._other(LOSSES[name], args[0], args[1], kept)
        if isinstance(loss, str):
            self.points.report.refuse(self.text, loss)
            return proceed(*args, **kwargs)
        self.points.report.apply(self.text, f"{LOSSES[name]} → {self.value}")
        return loss

    def _other(self, kind: str, scores: Tensor, target: Tensor, kept: Any) -> Tensor | str:
        if LOSSES[KINDS[self.value]] == kind:
            return "it is the loss already"
        if self.value == "cross-entropy":
            if scores.dim() < 2 or scores.shape[1] < 2:
                return f"a cross entropy needs one output a class; the output is {_shape(scores)}"
            if target.shape == scores.shape:
                target = target.argmax(1)
            elif target.dim() == scores.dim() and target.shape[1] == 1:
                target = target[:, 0]
            if target.shape != scores.shape[:1] + scores.shape[2:]:
                return f"targets {_shape(target)} are no classes of outputs {_shape(scores)}"
            if int(target.max()) >= scores.shape[1] or int(target.min()) < 0:
                return f"there are classes beyond the {scores.shape[1]} outputs"
            return functional.cross_entropy(scores, target.long(), **kept)
        if self.value == "bce-with-logits":
            several = target.shape == scores.shape  # rows of 0 and 1: each answer by itself
            if kind in ("cross_entropy", "nll") and scores.shape[-1] > 1 and not several:
                return f"there are {scores.shape[-1]} outputs a row; it suits one"
            if target.numel() != scores.numel():
                return f"targets {_shape(target)} do not fit outputs {_shape(scores)}"
            wanted = target.reshape(scores.shape).to(scores.dtype)
            return functional.binary_cross_entropy_with_logits(scores, wanted, **kept)
        if target.numel() != scores.numel():
            return f"targets {_shape(target)} do not fit outputs {_shape(scores)}"
        wanted = target.reshape(scores.shape).to(scores.dtype)
        functions: dict[str, Callable[..., Tensor]] = {
            "mse": functional.mse_loss,
            "l1": functional.l1_loss,
            "huber": functional.huber_loss,
        }
        return functions[self.value](scores, wanted, **kept)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "scalar"


build = SwapLoss

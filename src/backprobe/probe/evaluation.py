# SPDX-License-Identifier: Apache-2.0
"""Evaluation phases: root forwards without gradients, their losses and their accuracy."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

MAX_ELEMENTS = 1 << 20


@dataclass
class Phase:
    """Sums over the batches of one evaluation phase."""

    step: int
    batches: int = 0
    rows: int = 0
    training: bool = False
    loss_sum: float | Tensor = 0.0
    loss_count: int = 0
    criterion_sum: float | Tensor = 0.0
    criterion_count: int = 0
    correct: float | Tensor = 0.0
    judged: int = 0

    def row(self) -> dict[str, float]:
        """The phase as a row of `Record.evaluations`; waits for a device, once a phase."""
        if self.criterion_count:
            loss = float(self.criterion_sum) / self.criterion_count
        else:
            loss = float(self.loss_sum) / self.loss_count if self.loss_count else math.nan
        return {
            "step": float(self.step),
            "time": time.time(),
            "loss": loss,
            "accuracy": float(self.correct) / self.judged if self.judged else math.nan,
            "batches": float(self.batches),
            "rows": float(self.rows),
            "training": float(self.training),
        }


def judge(phase: Phase, kind: str, output: object, target: Tensor | None) -> None:
    """Adds a batch's loss, and its accuracy where classes are told apart, to a phase.

    Arguments:
        phase: to add to.
        kind: of the training loss (`Loss.kind`).
        output: of the root model; anything but a plain tensor is passed over.
        target: of the batch, where it is known.
    """
    if target is None or type(output) is not Tensor or output.numel() > MAX_ELEMENTS:
        return
    if output.shape[:1] != target.shape[:1]:
        return
    with torch.no_grad():
        target = target.to(output.device, non_blocking=True)
        loss = _loss(kind, output, target)
        if loss is None:
            return
        phase.loss_sum += number(loss) * len(target)
        phase.loss_count += len(target)
        if kind in ("cross_entropy", "nll") and not target.is_floating_point():
            phase.correct += number((output.argmax(1) == target).sum())
            phase.judged += target.numel()
        elif kind in ("bce", "bce_with_logits") and output.numel() == target.numel():
            threshold = 0.5 if kind == "bce" else 0.0
            phase.correct += number(
                ((output.reshape(-1) > threshold) == (target.reshape(-1) > 0.5)).sum()
            )
            phase.judged += target.numel()


def number(value: Tensor) -> float | Tensor:
    """A number where reading it costs nothing, else the tensor, to be added up on its device."""
    return float(value) if value.device.type == "cpu" else value.detach()


def _loss(kind: str, output: Tensor, target: Tensor) -> Tensor | None:
    try:
        if kind == "cross_entropy":
            return functional.cross_entropy(output, target)
        if kind == "nll":
            return functional.nll_loss(output, target)
        if output.numel() != target.numel():
            return None
        flat, wanted = output.reshape(-1), target.reshape(-1).to(output.dtype)
        if kind == "mse":
            return functional.mse_loss(flat, wanted)
        if kind in ("l1", "smooth_l1", "huber"):
            return functional.l1_loss(flat, wanted)
        if kind == "bce":
            return functional.binary_cross_entropy(flat.clamp(0, 1), wanted.clamp(0, 1))
        if kind == "bce_with_logits":
            return functional.binary_cross_entropy_with_logits(flat, wanted)
    except (RuntimeError, ValueError, IndexError):
        return None
    return None

# SPDX-License-Identifier: Apache-2.0
"""Evaluation phases: root forwards without gradients, their losses and their accuracy."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import (  # bound now: `named_losses` wraps the module's own names
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
)

from backprobe.probe.asked import Line

MAX_ELEMENTS = 1 << 20
IGNORED = -100
"""The target that torch's losses of classes ignore unless they are told another."""


@dataclass
class Sums:
    """Losses and right answers from one source."""

    loss: float | Tensor = 0.0
    count: int = 0
    correct: float | Tensor = 0.0
    judged: float | Tensor = 0


@dataclass
class Phase:
    """Sums over the batches of one evaluation phase, from three sources.

    Arguments:
        step: optimizer steps done before it.
        site: the line that began it, by calling the first model.
        roots: indexes of the modules that were called as such.
        graded: whether a forward of it ran with gradients on: only such a one can be trained on.
        dropped: the line that called a dropout which was on, None for none.
        dropped_by_layer: whether that was a layer that no model has as a part.
        line: that asks, see `asked`.
        unseen: phases before it, since the last, that were passed over.
        named: what the script's own calls of loss functions gave (see `named_losses`).
        criterion: what its criterion modules gave.
        served: what we computed from the outputs and the targets that a loader served.
    """

    step: int
    site: tuple[str, int] | None = None
    batches: int = 0
    rows: int = 0
    training: bool = False
    roots: set[int] = field(default_factory=set)
    graded: bool = False
    dropped: tuple[str, int] | None = None
    dropped_by_layer: bool = False
    line: Line | None = None
    unseen: int = 0
    named: Sums = field(default_factory=Sums)
    criterion: Sums = field(default_factory=Sums)
    served: Sums = field(default_factory=Sums)

    def row(self) -> dict[str, float]:
        """The phase as a row of `Record.evaluations`; waits for a device, once a phase."""
        sources = (self.named, self.criterion, self.served)
        told = next((s for s in sources if s.count), None)
        judged = next((s for s in sources if s.judged), None)
        return {
            "step": float(self.step),
            "time": time.time(),
            "loss": math.nan if told is None else float(told.loss) / told.count,
            "accuracy": math.nan
            if judged is None
            else float(judged.correct) / float(judged.judged),
            "batches": float(self.batches),
            "rows": float(self.rows),
            "training": float(self.training),
            "dropped": float(self.dropped is not None),
            "phases": 1.0 + self.unseen,
        }


def judge(sums: Sums, kind: str, output: object, target: Tensor | None) -> None:
    """Adds a batch's loss, and its accuracy where classes are told apart.

    Arguments:
        sums: to add to.
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
        if loss is not None:
            sums.loss += number(loss) * len(target)
            sums.count += len(target)
            right(sums, kind, output, target)


def right(
    sums: Sums, kind: str, output: Tensor, target: Tensor, ignore_index: int = IGNORED
) -> None:
    """Adds how many of a batch's classes are told right, where the loss tells classes apart.

    Targets that the loss ignores (padding, a prompt) are neither right nor wrong.
    """
    if kind in ("cross_entropy", "nll") and not target.is_floating_point():
        if output.dim() >= 2:
            kept = target != ignore_index
            sums.correct += number(((output.argmax(1) == target) & kept).sum())
            sums.judged += number(kept.sum())
    elif kind in ("bce", "bce_with_logits") and output.numel() == target.numel():
        threshold = 0.5 if kind == "bce" else 0.0
        told = output.reshape(-1) > threshold
        sums.correct += number((told == (target.reshape(-1) > 0.5)).sum())
        sums.judged += target.numel()


def number(value: Tensor) -> float | Tensor:
    """A number where reading it costs nothing, else the tensor, to be added up on its device."""
    return float(value) if value.device.type == "cpu" else value.detach()


def _loss(kind: str, output: Tensor, target: Tensor) -> Tensor | None:
    try:
        if kind == "cross_entropy":
            return cross_entropy(output, target)
        if kind == "nll":
            return nll_loss(output, target)
        if output.numel() != target.numel():
            return None
        flat, wanted = output.reshape(-1), target.reshape(-1).to(output.dtype)
        if kind == "mse":
            return mse_loss(flat, wanted)
        if kind in ("l1", "smooth_l1", "huber"):
            return l1_loss(flat, wanted)
        if kind == "bce":
            return binary_cross_entropy(flat.clamp(0, 1), wanted.clamp(0, 1))
        if kind == "bce_with_logits":
            return binary_cross_entropy_with_logits(flat, wanted)
    except (RuntimeError, ValueError, IndexError):
        return None
    return None

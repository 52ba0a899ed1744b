# SPDX-License-Identifier: Apache-2.0
"""A short training of the subject: by some optimizer, on some batches, for so many steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.experiments.batches import Batch
from backprobe.experiments.checks.subject import Subject

RATES = (3e-3, 3e-4)
"""Adam's rates that are tried: its default of 1e-3 lies between them."""


@dataclass
class Course:
    """How a short training went.

    Arguments:
        losses: one a step, before it.
        last: the last batch's output, before the last step.
        seconds: that it took.
    """

    losses: list[float] = field(default_factory=list)
    last: Any = None
    seconds: float = 0.0

    @property
    def best(self) -> float:
        """Lowest mean of three neighbouring losses; infinite where it was not finite."""
        values = [value for value in self.losses if math.isfinite(value)]
        if len(values) < 3:
            return min(values, default=math.inf)
        return min(sum(values[i : i + 3]) / 3 for i in range(len(values) - 2))


def train(
    subject: Subject,
    batches: Sequence[Batch],
    make: Callable[[list[nn.Parameter]], torch.optim.Optimizer] | None,
    steps: int,
    seconds: float,
    change: Callable[[Batch], Batch] | None = None,
    enough: Callable[[Course, Tensor | None], bool] | None = None,
) -> Course:
    """Trains in place; call it within `Subject.fresh`.

    Arguments:
        subject: has the loss.
        batches: served in turn.
        make: an optimizer of the trainable parameters; None takes the user's own.
        steps: at most so many.
        seconds: at most so long.
        change: of each batch.
        enough: ends the training early, told of the course so far.
    """
    objective = subject.objective
    assert objective is not None
    optimizer = make(subject.trainable()) if make is not None else subject.optimizer
    assert optimizer is not None
    course, began = Course(), time.monotonic()
    for step in range(steps):
        if time.monotonic() - began > seconds:
            break
        given = batches[step % len(batches)]
        optimizer.zero_grad(set_to_none=True)
        batch, output = objective.forward(change(given) if change is not None else given)
        loss = objective.loss_of(batch, output)
        value = float(loss.detach())
        course.losses.append(value)
        course.last = output
        if not math.isfinite(value):
            break
        if enough is not None and enough(course, output):
            break
        loss.backward()
        optimizer.step(None if make is not None else _closure(optimizer, loss))
    course.seconds = time.monotonic() - began
    return course


def adam(rate: float) -> Callable[[list[nn.Parameter]], torch.optim.Optimizer]:
    """Makes Adam of a rate."""
    return lambda parameters: torch.optim.Adam(parameters, rate)


@contextmanager
def unregularised(model: nn.Module) -> Any:
    """Within it no dropout of the model's modules drops anything."""
    kept: list[tuple[Any, str, float]] = []
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            kept.append((module, "p", module.p))
            module.p = 0.0
        elif isinstance(module, (nn.RNNBase, nn.MultiheadAttention)) and module.dropout:
            kept.append((module, "dropout", module.dropout))
            module.dropout = 0.0
    try:
        yield
    finally:
        for owner, name, value in kept:
            setattr(owner, name, value)


def _closure(optimizer: torch.optim.Optimizer, loss: Tensor) -> Any:
    return (lambda: loss) if isinstance(optimizer, torch.optim.LBFGS) else None

# SPDX-License-Identifier: Apache-2.0
"""What is checked: a model, its loss, batches, an optimizer; put back after each experiment."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.experiments.batches import Batch, tensors
from backprobe.experiments.keeping import Kept
from backprobe.experiments.objective import Objective, main_output
from backprobe.records import Finding, Record

MAX_ELEMENTS = 20_000_000
"""Numbers of inputs that are looked at."""


@dataclass
class Subject:
    """What is checked.

    Arguments:
        model: the network, as it was before its first step.
        objective: its loss; None where it could not be told.
        batches: of training, in the order in which they are served.
        held_out: of validation or test; may be empty.
        optimizer: the user's own, or None.
        rows: of training in all, 0 where not known.
        no_loss: why there is no objective.
        partial: whether the script's loss has further terms, which `objective` leaves out.
        findings: of the rules, over a short training; None where none was watched.
        record: of that training.
        deadline: when to be done, by `time.monotonic`.
        shuffles: whether the loader shuffles; None where not known.
    """

    model: nn.Module
    objective: Objective | None
    batches: list[Batch]
    held_out: list[Batch] = field(default_factory=list)
    optimizer: torch.optim.Optimizer | None = None
    rows: int = 0
    no_loss: str = ""
    partial: bool = False
    findings: Sequence[Finding] | None = None
    record: Record | None = None
    deadline: float = field(default_factory=lambda: time.monotonic() + 40.0)
    shuffles: bool | None = None

    def __post_init__(self) -> None:
        modules = [self.model]
        criterion = self.objective.criterion if self.objective is not None else None
        if isinstance(criterion, nn.Module):
            modules.append(criterion)
        self._kept = Kept(modules, self.optimizer)

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()

    @contextmanager
    def fresh(self, mode: str | None = None) -> Iterator[nn.Module]:
        """The model as it was at the start, in a random state of its own; undone afterwards.

        Arguments:
            mode: "train", "eval", or None for as it is.
        """
        devices = sorted({p.device.index or 0 for p in self.model.parameters() if p.is_cuda})
        with torch.random.fork_rng(devices):
            torch.manual_seed(0)
            try:
                if mode == "train" and not self.model.training:
                    self.model.train()
                elif mode == "eval":
                    self.model.eval()
                yield self.model
            finally:
                self._kept.restore_objects()

    def first_pass(self) -> list[Batch]:
        """The training batches of one pass over the data, as far as its end is known."""
        found: list[Batch] = []
        count = 0
        for batch in self.batches:
            if self.rows and found and count + batch.rows > self.rows:
                break
            found.append(batch)
            count += batch.rows
        return found

    def inputs(self, batches: Sequence[Batch] | None = None) -> Tensor | None:
        """The first tensor of each batch, rows together; None where their shapes differ."""
        given = self.batches if batches is None else batches
        return _joined(next(tensors((one.args, dict(one.kwargs))), None) for one in given)

    def targets(self, batches: Sequence[Batch] | None = None) -> Tensor | None:
        """The targets, rows together; None where there are none."""
        given = self.batches if batches is None else batches
        return _joined(one.target if isinstance(one.target, Tensor) else None for one in given)

    def trainable(self) -> list[nn.Parameter]:
        """The parameters that training changes."""
        return [one for one in self.model.parameters() if one.requires_grad]

    def output(self, batch: Batch) -> Any:
        """The tensor that the model answers a batch with."""
        if self.objective is not None:
            return main_output(self.objective.forward(batch)[1])
        return main_output(self.model(*batch.args, **batch.kwargs))


def _joined(parts: Iterator[Tensor | None] | Any) -> Tensor | None:
    found: list[Tensor] = []
    elements = 0
    for part in parts:
        if part is None:
            return None
        if found and part.shape[1:] != found[0].shape[1:]:
            return None
        found.append(part.detach())
        elements += part.numel()
        if elements > MAX_ELEMENTS:
            break
    if not found or found[0].dim() == 0:
        return None
    return torch.cat(found)


def subset(batch: Batch, rows: int) -> Batch:
    """The first rows of a batch."""
    count = batch.rows
    if rows >= count:
        return batch

    def cut(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value[:rows] if value.dim() and value.shape[0] == count else value
        if isinstance(value, dict):
            return {key: cut(item) for key, item in value.items()}
        if isinstance(value, (tuple, list)):
            return type(value)(cut(item) for item in value)
        return value

    whole = cut(dict(batch.whole)) if batch.whole is not None else None
    return Batch(cut(batch.args), cut(batch.target), cut(dict(batch.kwargs)), whole)

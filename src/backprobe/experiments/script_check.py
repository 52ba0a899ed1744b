# SPDX-License-Identifier: Apache-2.0
"""The pre-flight of an unmodified script: its own objects are met in its first steps, put back to
how they began, and checked when it ends."""

from __future__ import annotations

import atexit
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import Optimizer
from torch.utils.data import DataLoader

from backprobe.experiments.batches import TARGETS, Batch, tensors
from backprobe.experiments.check import made
from backprobe.experiments.checks.subject import MAX_ELEMENTS, Subject
from backprobe.experiments.keeping import Kept
from backprobe.experiments.objective import Objective
from backprobe.experiments.replay import LossCall, criterion, way
from backprobe.probe import entry
from backprobe.treatments.points import Points
from backprobe.treatments.report import Report

FILE = "check.json"
"""In the run's folder: the table, as `CheckTable.answer` gives it."""
MOST_BATCHES = 64
SPARE_STEPS = 40
"""Steps beyond the bound after which a loop that can't be cut is ended."""
LIMIT_SECONDS = 20.0
"""Of training, for scripts with slow steps."""


class Met(SystemExit):
    """Ends the script cleanly: enough was seen of it."""

    def __init__(self) -> None:
        super().__init__(0)


class ScriptCheck:
    """Meets the objects of one process.

    Arguments:
        file: where the table goes.
        steps: of training that are watched.
        seconds: for the experiments.
    """

    def __init__(self, file: Path, steps: int, seconds: float) -> None:
        self._file, self._steps, self._seconds = file, steps, seconds
        self._pid = os.getpid()
        self._root: nn.Module | None = None
        self._kept: Kept | None = None
        self._optimizer: Optimizer | None = None
        self._kept_optimizer: Kept | None = None
        self._optimizers: set[int] = set()
        self._given: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
        self._forwards: list[tuple[tuple[Any, ...], dict[str, Any], Any]] = []
        self._calls: list[LossCall] = []
        self._batches: list[Batch] = []
        self._criterion: Any = None
        self._own_loss = False
        self._partial = False
        self._elements = 0
        self._done = 0
        self._began = 0.0
        self._loaders: list[tuple[int, bool]] = []
        self.why = "no training step was seen"
        self.notes: list[str] = []

    def install(self, points: Points) -> None:
        """Registers at the script's forwards, losses and steps."""
        self._points = points
        points.before_forward.append(self._before)
        points.after_forward.append(self._after)
        points.calls.on_losses(self._loss)
        points.before_backward.append(self._backward)
        points.steps.before.append(self._step)
        points.steps.after_late.append(self._stepped)
        original: Any = DataLoader.__iter__
        check = self

        def __iter__(loader: Any) -> Any:  # noqa: N807
            if torch.is_grad_enabled():
                check._meet_loader(loader)
            return original(loader)

        DataLoader.__iter__ = __iter__  # type: ignore[method-assign]
        atexit.register(self.finish)

    def finish(self) -> None:
        """Makes the experiments, at the end of the process."""
        if os.getpid() != self._pid or self._root is None:
            return
        self._points.remove()
        probe = entry.attached()
        if probe is not None:
            probe.detach()  # what follows is no part of the run
        began = time.monotonic()
        assert self._kept is not None
        if self._kept_optimizer is not None:
            self._kept_optimizer.restore_objects()
        self._kept.restore_objects()
        table = made(self._subject(began), began, rules=False)
        answer = table.answer()
        answer["notes"] = self.notes
        scratch = self._file.with_suffix(".tmp")
        scratch.write_text(json.dumps(answer, default=str))
        os.replace(scratch, self._file)

    def _subject(self, began: float) -> Subject:
        assert self._root is not None
        objective = None
        if len(self._optimizers) > 1:
            self.why = f"{len(self._optimizers)} optimizers step in turn: no one loss is learned"
        elif self._criterion is not None or self._own_loss:
            objective = Objective(self._root, self._criterion)
            if self._criterion is not None:
                objective.kind = self._criterion.__name__
        rows, shuffles = max(self._loaders, default=(0, False))
        return Subject(
            self._root,
            objective,
            self._batches,
            optimizer=self._optimizer,
            rows=rows,
            no_loss=self.why,
            deadline=began + self._seconds,
            shuffles=True if shuffles else None,
            partial=self._partial,
        )

    def _meet_loader(self, loader: Any) -> None:
        try:
            count = len(loader.dataset)
        except TypeError:
            return
        if getattr(loader.sampler, "replacement", False):
            count = 0  # the same row may be served again within a pass
        self._loaders.append((count, "Random" in type(loader.sampler).__name__))

    def _before(self, root: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not self._points.trains(root):
            return
        if self._root is None:
            self._root = root
            self._began = time.monotonic()
            self._kept = Kept([root])
        self._given = args, kwargs

    def _after(self, root: nn.Module, output: Any) -> Any:
        if root is self._root and torch.is_grad_enabled() and len(self._batches) < MOST_BATCHES:
            self._forwards = [*self._forwards[-3:], (*self._given, output)]
        return output

    def _loss(self, name: str, proceed: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = proceed(*args, **kwargs)
        if torch.is_grad_enabled() and args and isinstance(args[0], Tensor):
            self._calls = [
                *self._calls[-7:],
                LossCall(name, proceed, args[0], args[1:], kwargs, result),
            ]
        return result

    def _backward(self, loss: Tensor) -> None:
        if self._done < self._steps and len(self._batches) < MOST_BATCHES and self._forwards:
            self._take(loss)
        self._forwards, self._calls = [], []

    def _take(self, loss: Tensor) -> None:
        """One batch, with the loss if it can be told."""
        args, kwargs, output = self._forwards[-1]
        target = None
        if self._own_loss or _holds(output, loss):
            self._own_loss = True
            target = next((kwargs[name] for name in TARGETS if name in kwargs), None)
        else:
            target = self._target()
        inputs = _copied(args), _copied(kwargs)
        self._elements += sum(one.numel() for one in tensors(inputs))
        if self._elements > MAX_ELEMENTS and self._batches:
            return
        whole = inputs[1] if self._own_loss and target is not None else None
        rest = {k: v for k, v in inputs[1].items() if whole is None or k not in TARGETS}
        self._batches.append(Batch(inputs[0], _copied(target), rest, whole))

    def _target(self) -> Any:
        """The target of this step's loss; finds the loss itself at the first step."""
        output = self._forwards[-1][2]
        for call in reversed(self._calls):
            if not isinstance(call.result, Tensor) or not call.result.requires_grad:
                continue
            turn = way(output, call.output)
            if turn is None:
                continue
            if self._criterion is None:
                self._criterion = criterion(call, turn)
                if len(self._calls) > 1:
                    self._partial = True
                    self.notes.append(
                        f"the loss has several terms; {call.name} alone is used in the checks"
                    )
            return call.target
        self.why = (
            f"the loss is no function of torch on the model's output ({len(self._calls)} calls "
            "were seen): it can't be computed again here"
        )
        return None

    def _step(self, optimizer: Optimizer) -> None:
        self._optimizers.add(id(optimizer))
        if self._optimizer is None:
            self._optimizer = optimizer
            self._kept_optimizer = Kept([], optimizer)

    def _stepped(self, _optimizer: Optimizer) -> None:
        self._done += 1
        if self._done >= self._steps + SPARE_STEPS or (
            self._done > 10 and time.monotonic() - self._began > LIMIT_SECONDS
        ):
            raise Met


def begin(folder: Path, options: Mapping[str, object]) -> None:
    """Puts the pre-flight in place.

    Arguments:
        folder: of the run.
        options: `steps` and `seconds`, numbers.
    """
    points = Points(Report(None, trial=True))
    steps, seconds = options.get("steps"), options.get("seconds")
    check = ScriptCheck(
        folder / FILE,
        steps if isinstance(steps, int) else MOST_BATCHES,
        float(seconds) if isinstance(seconds, (int, float)) else 30.0,
    )
    check.install(points)
    points.install()


def _holds(output: Any, loss: Tensor) -> bool:
    """Whether a model's output is or holds the loss."""
    if isinstance(output, Mapping):
        return any(value is loss for value in output.values())
    return output is loss or getattr(output, "loss", None) is loss


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_copied(item) for item in value))
    if isinstance(value, (tuple, list)):
        return type(value)(_copied(item) for item in value)
    return value

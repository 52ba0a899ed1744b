# SPDX-License-Identifier: Apache-2.0
"""A range test of an unmodified script: its optimizer's rate rises with every step of its own loop.

The script's forward, loss, accumulation, precision and clipping are its own. At the end of the
sweep, or where the loss diverges, the script is ended. What was measured goes into the run's
folder.
"""

from __future__ import annotations

import atexit
import functools
import json
import math
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer

from backprobe.experiments.sweep import diverged, proportions
from backprobe.treatments.points import Points
from backprobe.treatments.report import Report

FILE = "sweep.json"
"""In the run's folder: `{"lr": [], "loss": [], "end": why, "optimizers": n}`."""
SMOOTH = 0.05
DIVERGE = 5.0
"""As of `LRFinder`."""


class SweepDone(SystemExit):
    """Ends the script cleanly: the rest of its training has nothing to say."""

    def __init__(self) -> None:
        super().__init__(0)


class ScriptSweep:
    """The sweep of one process.

    Arguments:
        rates: of the first group, one a step.
        file: where the points go.
    """

    def __init__(self, rates: list[float], file: Path) -> None:
        self._rates = rates
        self._file = file
        self._optimizer: int | None = None
        self._others: set[int] = set()
        self._factors: list[float] = []
        self._losses: list[float] = []
        self._lr: list[float] = []
        self._loss: list[float] = []
        self._average, self._best = math.nan, math.inf
        self._end = "the script ended"
        self._unscaled: tuple[weakref.ref[Tensor], Tensor] | None = None

    def install(self, points: Points) -> None:
        """Registers at the script's backwards and steps."""
        points.before_backward.append(self._see)
        points.steps.changes.append(self._change)
        points.steps.after_late.append(self._stepped)
        self._patch_scaler()
        atexit.register(self.write)

    def _patch_scaler(self) -> None:
        """A scaler halves its scale when gradients overflow: the loss before it is what counts."""
        original: Any = torch.amp.GradScaler.scale
        sweep = self

        @functools.wraps(original)
        def scale(scaler: Any, outputs: Any) -> Any:
            result = original(scaler, outputs)
            if isinstance(result, Tensor) and isinstance(outputs, Tensor):
                sweep._unscaled = weakref.ref(result), outputs.detach()
            return result

        torch.amp.GradScaler.scale = scale  # type: ignore[assignment, method-assign]

    def write(self) -> None:
        """Keeps what was measured so far."""
        data = {
            "lr": self._lr,
            "loss": [value if math.isfinite(value) else None for value in self._loss],
            "end": self._end,
            "optimizers": 1 + len(self._others) if self._optimizer is not None else 0,
        }
        self._file.write_text(json.dumps(data))

    def _see(self, loss: Tensor) -> None:
        if self._unscaled is not None and self._unscaled[0]() is loss:
            loss = self._unscaled[1]
        if loss.numel() == 1:
            self._losses.append(float(loss.detach()))

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> dict[str, Any]:
        if self._optimizer is None:
            self._optimizer = id(optimizer)
            self._factors = proportions(optimizer)
        if id(optimizer) != self._optimizer or "lr" not in group:
            self._others |= {id(optimizer)} - {self._optimizer}
            return {}
        number = next(n for n, one in enumerate(optimizer.param_groups) if one is group)
        factor = self._factors[number] if number < len(self._factors) else 1.0
        rate = self._rates[min(len(self._lr), len(self._rates) - 1)] * factor
        if isinstance(group["lr"], Tensor):
            return {"lr": group["lr"].new_tensor(rate)}
        return {"lr": rate}

    def _stepped(self, optimizer: Optimizer) -> None:
        if id(optimizer) != self._optimizer or not self._losses:
            return
        loss = sum(self._losses) / len(self._losses)
        self._losses = []
        self._lr.append(self._rates[len(self._lr)])
        self._loss.append(loss)
        first = math.isnan(self._average)
        self._average = loss if first else SMOOTH * loss + (1 - SMOOTH) * self._average
        self._best = min(self._best, self._average)
        if not math.isfinite(loss):
            self._finish("the loss is not finite")
        elif diverged(self._loss, self._average, self._best, DIVERGE):
            self._finish("the loss diverged")
        elif len(self._lr) == len(self._rates):
            self._finish("whole")

    def _finish(self, why: str) -> None:
        self._end = why
        self.write()
        raise SweepDone


def begin(folder: Path, options: Mapping[str, object]) -> None:
    """Puts the sweep in place.

    Arguments:
        folder: of the run.
        options: `rates`, a list.
    """
    rates = options.get("rates")
    if not isinstance(rates, list) or not rates:
        raise ValueError(f"the sweep's rates are {rates!r:.60}; expected a list of numbers")
    points = Points(Report(None, trial=True))
    ScriptSweep([float(rate) for rate in rates], folder / FILE).install(points)
    points.install()

# SPDX-License-Identifier: Apache-2.0
"""Dropout after the norm that it stands before."""

from __future__ import annotations

from typing import Any

from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.dropout import DROPOUTS
from backprobe.treatments.points import Points


class DropoutAfterNorm(Treatment):
    """Moves each dropout that a batch norm follows to behind that norm.

    Suits when: dropout stands before a batch norm (`dropout-before-batchnorm`): in evaluation the
    norm's input has another variance than its statistics say (Li et al., 2019). The probability
    stays. Applied to the calls, by their order in a forward; nothing is left to undo.
    """

    NAME = "dropout-after-norm"
    WAITS = "a forward of a model with dropout and batch norm"

    def install(self, points: Points) -> None:
        """Leaves out dropouts and drops behind the norms."""
        self.points = points
        self._number = -1
        self._waiting: tuple[Proceed, tuple[Any, ...], dict[str, Any]] | None = None
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)
        points.before_forward.append(self._begin)
        points.calls.on(DROPOUTS, self._dropout)
        points.calls.on(("batch_norm",), self._norm)

    def _moved(self) -> list[bool]:
        """Of each dropout of the running root's forward, whether a norm follows before the next."""
        trace = self.points.trace()
        found: list[bool] = []
        for name in trace.order if trace is not None else ():
            if name in DROPOUTS:
                found.append(False)
            elif name == "batch_norm" and found:
                found[-1] = True
        return found

    def _meet(self, root: nn.Module, *_: Any) -> None:
        if not any(self._moved()) and len(self.points.living_roots()) == 1:
            self.points.report.refuse(self.text, "no dropout stands before a batch norm")

    def _begin(self, *_: Any) -> None:
        self._number, self._waiting = -1, None

    def _dropout(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self._number += 1
        moved = self._moved()
        if not self.points.stack or self._number >= len(moved) or not moved[self._number]:
            return proceed(*args, **kwargs)
        x = args[0] if args else kwargs["input"]
        rest = {key: value for key, value in kwargs.items() if key not in ("input", "inplace")}
        self._waiting = proceed, args[1:3], rest
        self.points.report.apply(self.text, name)
        return x

    def _norm(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        result = proceed(*args, **kwargs)
        waiting, self._waiting = self._waiting, None
        return result if waiting is None else waiting[0](result, *waiting[1], **waiting[2])


build = DropoutAfterNorm

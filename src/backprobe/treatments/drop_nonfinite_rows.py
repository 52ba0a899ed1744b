# SPDX-License-Identifier: Apache-2.0
"""Rows with NaN or infinite inputs or targets are left out of training."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.points import Points


class DropNonfiniteRows(Treatment):
    """Leaves rows out of the loss whose inputs or targets are not finite.

    Suits when: the data hold NaN or infinity (`nonfinite-data`). The model sees zeros there, and
    the loss (one of torch's functions) is computed without those rows. Nothing is left to undo.
    """

    NAME = "drop-nonfinite-rows"
    WAITS = "a training batch with a NaN or an infinity"

    def install(self, points: Points) -> None:
        """Cleans inputs, remembers the rows, leaves them out of the loss."""
        self.points = points
        self._bad: Tensor | None = None
        points.before_forward.append(self._before)
        points.calls.on_losses(self._loss)

    def _before(
        self,
        root: nn.Module,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> tuple[Any, ...] | None:
        x = args[0] if args else None
        self._bad = None
        if not isinstance(x, Tensor) or not x.is_floating_point() or x.dim() < 1:
            return None
        bad = ~torch.isfinite(x.reshape(len(x), -1)).all(1)
        if not bool(bad.any()):
            return None
        if torch.is_grad_enabled():
            self._bad = bad
        self.points.report.apply(self.text)
        return (x.nan_to_num(0.0, 0.0, 0.0), *args[1:])

    def _loss(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if len(args) < 2 or not torch.is_grad_enabled() or args[1].dim() < 1:
            return proceed(*args, **kwargs)
        output, target = args[:2]
        bad = torch.zeros(len(target), dtype=torch.bool, device=target.device)
        if self._bad is not None and len(self._bad) == len(target):
            bad |= self._bad.to(bad.device)
        if target.is_floating_point():
            bad |= ~torch.isfinite(target.reshape(len(target), -1)).all(1)
        if not bool(bad.any()) or bool(bad.all()) or len(output) != len(target):
            return proceed(*args, **kwargs)
        self.points.report.apply(self.text)
        return proceed(output[~bad], target[~bad], *args[2:], **kwargs)


build = DropNonfiniteRows

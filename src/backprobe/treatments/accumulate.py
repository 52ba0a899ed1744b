# SPDX-License-Identifier: Apache-2.0
"""One optimizer step for several batches."""

from __future__ import annotations

from torch import Tensor
from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.steps import tensors


class Accumulate(Treatment):
    """Steps once in VALUE of the script's steps, on the mean of the gradients since the last.

    Suits when: batches are too small to be steady and a larger one doesn't fit into memory
    (`batch-size-too-small`). In the steps between the optimizer finds no gradients and so does
    nothing; the script's schedule goes on. Nothing is left to undo.
    """

    NAME = "accumulate"
    WAITS = "an optimizer step"

    def install(self, points: Points) -> None:
        """Sums the gradients and hides them from all steps but each VALUE-th."""
        self.points = points
        self._sums: dict[int, Tensor] = {}
        self._counts: dict[int, int] = {}
        self._hidden: list[tuple[Tensor, Tensor | None]] = []
        points.steps.before_late.append(self._gather)
        points.steps.after.append(self._show)

    def _gather(self, optimizer: Optimizer) -> None:
        self.points.report.apply(self.text, type(optimizer).__name__)
        wanted = int(self.value)
        count = self._counts.get(id(optimizer), 0) + 1
        self._counts[id(optimizer)] = count % wanted
        self._hidden = [(tensor, tensor.grad) for tensor in tensors(optimizer)]
        for tensor, gradient in self._hidden:
            known = self._sums.get(id(tensor))
            if gradient is not None:
                known = gradient.clone() if known is None else known.add_(gradient)
                self._sums[id(tensor)] = known
            tensor.grad = None
        if count == wanted:
            for tensor, _ in self._hidden:
                known = self._sums.pop(id(tensor), None)
                tensor.grad = known.div_(wanted) if known is not None else None

    def _show(self, optimizer: Optimizer) -> None:
        for tensor, gradient in self._hidden:
            tensor.grad = gradient
        self._hidden = []


build = Accumulate

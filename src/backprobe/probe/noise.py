# SPDX-License-Identifier: Apache-2.0
"""The gradient noise scale, where a step's gradient is a mean of several smaller batches'.

Those are the micro-batches of an accumulating step, and the ranks of a DDP one. With k of them of
mean squared gradient norm s, whose mean gradient has squared norm b, the squared norm of the true
gradient is about (k b - s) / (k - 1) and the trace of its covariance, for one small batch,
(s - b) / (1 - 1/k) (McCandlish et al. 2018, arXiv:1812.06162, appendix A). Both are noisy: average
them over steps before dividing, as `backprobe.signals.noise_scale` does.

A small batch's gradient passes the `AccumulateGrad` node of its parameter before it is added to
others or averaged with other ranks': a hook of that node reads its square there, every element, and
is gone when the backward has ended. The parameter itself carries nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

DENSE = 32
"""Steps that are all measured at first; the estimate needs dozens."""
EVERY = 4
"""After them one observed step in so many: two more reads of all gradients are about 1 %."""


class SmallBatches:
    """Collects the squared gradient norms of one step's small batches."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._turns = 0
        self._step = -1
        self._wanted = False
        self._parameters: Sequence[Tensor] = ()
        self._handles: list[Any] = []
        self._seen: list[Tensor] = []
        self._small: list[Tensor] = []
        self._big: Tensor | None = None

    @property
    def listening(self) -> bool:
        """Whether a backward pass is being listened to."""
        return bool(self._handles)

    def before(self, step: int, parameters: Sequence[Tensor]) -> None:
        """Listens to the backward pass that begins now.

        Arguments:
            step: the optimizer step that it belongs to.
            parameters: all that the optimizer moves.
        """
        self._remove()
        if step != self._step:
            self._step = step
            self._turns += 1
            self._wanted = self._turns <= DENSE or self._turns % EVERY == 0
            self._small, self._big = [], None
        if not self._wanted:
            return
        self._seen = []
        self._parameters = [p for p in parameters if p.requires_grad]
        if any(hasattr(p, "_local_tensor") for p in self._parameters):
            self._wanted = False  # in shards: the whole gradient is never here
            return
        with torch.enable_grad():
            nodes: list[Any] = [get_gradient_edge(p).node for p in self._parameters]
        self._handles = [node.register_prehook(self._passed) for node in nodes]

    def after(self) -> None:
        """Takes what the backward pass added up to."""
        self._remove()
        if not self._wanted:
            return
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        if not self._seen or len({g.device for g in gradients}) != 1:
            self._wanted = False
            return
        self._small.append(torch.stack(self._seen).sum())
        self._big = torch.stack([_square(gradient) for gradient in gradients]).sum()
        self._seen = []

    def result(self, step: int, backwards: int, replicas: int) -> tuple[int, Tensor] | None:
        """Number of small batches k, and [s, b]; None where the step was not measured whole.

        Both are of gradients scaled alike: whether the user divided the loss by the number of
        micro-batches, or a GradScaler multiplied it, cancels out in their ratio.

        Arguments:
            step: the step that ends.
            backwards: its backward passes.
            replicas: ranks whose gradients were averaged, 1 where it was this process's alone.
        """
        self._remove()
        small, big = self._small, self._big
        self._small, self._big, self._parameters = [], None, ()
        if step != self._step or big is None or len(small) != backwards:
            return None
        if backwards * replicas < 2:
            return None
        return backwards * replicas, torch.stack(
            [torch.stack(small).mean(), big / (backwards * backwards)]
        )

    def _passed(self, gradients: tuple[Tensor | None, ...]) -> None:
        began = perf_counter()
        try:
            self._seen += [_square(g) for g in gradients if g is not None]
        except Exception:  # noqa: BLE001  # within the user's backward: a figure less, no error
            self._wanted = False
        self.seconds += perf_counter() - began

    def _remove(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


def _square(gradient: Tensor) -> Tensor:
    """Sum of squares of all elements, a 0-d tensor where the gradient is."""
    with torch.no_grad():
        values = gradient.detach()
        if values.layout != torch.strided:
            values = values.coalesce().values()
        flat = values.reshape(-1).float()
        return torch.dot(flat, flat)

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

Of FSDP2 the parameters are shards, and each rank's own whole gradient passes the nodes of the
gathered ones, which are found in the loss's graph. The averaged gradient is nowhere whole: a rank
tells the square of its shard, and the reader adds the ranks' up (`backprobe.store.merge`).
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from backprobe.probe.state import State

DENSE = 32
"""Steps that are all measured at first; the estimate needs dozens."""
EVERY = 4
"""After them one observed step in so many: two more reads of all gradients are about 1 %."""
MOST_NODES = 50_000
"""Of a graph that is searched for the gathered parameters of shards."""


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
        self._count = 0
        self._small: list[Tensor] = []
        self._big: Tensor | None = None
        self.sharded = False

    @property
    def listening(self) -> bool:
        """Whether a backward pass is being listened to."""
        return bool(self._handles)

    def before(self, step: int, parameters: Sequence[Tensor], loss: Tensor) -> None:
        """Listens to the backward pass that begins now.

        Arguments:
            step: the optimizer step that it belongs to.
            parameters: all that the optimizer moves.
            loss: that it begins at.
        """
        self._remove()
        if step != self._step:
            self._step = step
            self._turns += 1
            self._wanted = self._turns <= DENSE or self._turns % EVERY == 0
            self._small, self._big = [], None
        if not self._wanted:
            return
        self._seen, self._count = [], 0
        self._parameters = [p for p in parameters if p.requires_grad]
        self.sharded = any(map(_is_shard, self._parameters))
        if self.sharded:
            # Ranks must choose the same steps; how many each has observed may differ.
            self._wanted = self._turns <= DENSE or step % EVERY == 0
            nodes = _gathered(loss.grad_fn) if self._wanted else []
            if not nodes or not all(map(_is_shard, self._parameters)):
                self._wanted = False
                return
        else:
            with torch.enable_grad():
                nodes = [get_gradient_edge(p).node for p in self._parameters]
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
        # Some may have passed unseen (reentrant checkpoints), or be left over from another step;
        # of what is passed whole FSDP1 keeps a shard.
        count = len(gradients) if self.sharded else sum(g.numel() for g in gradients)
        if count != self._count:
            self._wanted = False
            return
        self._small.append(torch.stack(self._seen).sum())
        self._big = torch.stack([_square(gradient) for gradient in gradients]).sum()
        self._seen = []

    def tell(self, state: State) -> None:
        """Writes a row of what the step that ends was made of, and counts the time that it took."""
        found = self.result(state.step, state.backwards, state.structure.replicas)
        spent, self.seconds = self.seconds, 0.0
        state.budget.spent += spent
        if found is None:
            return
        step, rows, (count, squares) = state.step, state.samples, found
        part = {"part": 1.0} if self.sharded else {}

        def deliver(values: NDArray[np.float32]) -> None:
            small, big = (float(value) for value in values)
            state.recorder.tables["noise"].append(
                {"step": step, "micro": count, "rows": rows, "small": small, "big": big, **part}
            )

        state.transfers.send([squares], deliver)

    def result(self, step: int, backwards: int, replicas: int) -> tuple[int, Tensor] | None:
        """Number of small batches k, and [s, b]; None where the step was not measured whole.

        Both are of gradients scaled alike: whether the user divided the loss by the number of
        micro-batches, or a GradScaler multiplied it, cancels out in their ratio.

        Arguments:
            step: the step that ends.
            backwards: its backward passes.
            replicas: ranks whose gradients were averaged, 1 where it was this process's alone. Of
                shards b is this rank's part of it.
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
            for gradient in gradients:
                if gradient is not None:
                    self._seen.append(_square(gradient))
                    self._count += 1 if self.sharded else gradient.numel()
        except Exception:  # noqa: BLE001  # within the user's backward: a figure less, no error
            self._wanted = False
        self.seconds += perf_counter() - began

    def _remove(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


def _is_shard(parameter: Tensor) -> bool:
    return hasattr(parameter, "_local_tensor")


def _gathered(root: Any) -> list[Any]:
    """The nodes below a loss at which parameters that are whole collect their gradients.

    None where some are shards even there (of tensor parallelism), or the graph is too large.
    """
    found, seen, waiting = [], {root}, [root]
    while waiting:
        node = waiting.pop()
        variable = getattr(node, "variable", None)
        if variable is not None:
            if _is_shard(variable):
                return []
            found.append(node)
        for child, _ in node.next_functions:
            if child is not None and child not in seen:
                seen.add(child)
                waiting.append(child)
        if len(seen) > MOST_NODES:
            return []
    return found


def _square(gradient: Tensor) -> Tensor:
    """Sum of squares of all elements, a 0-d tensor where the gradient is.

    Of a shard that several ranks hold each tells its part.
    """
    with torch.no_grad():
        holders = 1
        shard = getattr(gradient, "_local_tensor", None)
        if shard is not None:
            mesh: Any = getattr(gradient, "device_mesh", None)
            for at, placement in enumerate(getattr(gradient, "placements", ())):
                holders *= mesh.size(at) if placement.is_replicate() else 1
            gradient = shard / holders**0.5 if holders > 1 else shard
        values = gradient.detach()
        if values.layout != torch.strided:
            values = values.coalesce().values()
        flat = values.reshape(-1).float()
        return torch.dot(flat, flat)

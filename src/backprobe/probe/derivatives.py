# SPDX-License-Identifier: Apache-2.0
"""Derivatives of a network's own derivatives that are taken without a graph, step after step.

`torch.autograd.grad` gives such a one as plain numbers: in a loss it is a constant. Of a first
derivative that may be meant (an adversarial input, a draw along a slope); one of a derivative that
was itself made to be differentiated, in each training step, is a term of an equation.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from torch import Tensor, nn

from backprobe.probe import sites
from backprobe.probe.lossgraph.nodes import leaves_of
from backprobe.records import Source

CALLS = 600
"""Calls that are looked at: an equation takes a few in each step."""
STEPS = 20
"""Steps in a row in which it was taken; what is only logged is not taken in each."""
NODES = 400
"""Nodes of a derivative's graph in which a parameter is looked for."""
SHAPED = 4
"""Nodes between a derivative and what of it is differentiated: a column, a sum."""


class Derivatives:
    """Tells how often what is differentiated was made by differentiating.

    Arguments:
        event: writes a fact of the record.
        numbers: a parameter's id → its number.
    """

    def __init__(self, event: Callable[..., None], numbers: Mapping[int, int]) -> None:
        self._event = event
        self._numbers = numbers
        self._made: list[tuple[weakref.ref[Tensor], int]] = []
        self._step = -1
        self._row: list[int] = []  # steps without a gap in which one was taken without a graph
        self._kept = 0  # highest order that was taken with a graph
        self.left = CALLS

    def take(self, step: int, args: Any, kwargs: Any, results: Any, frame: FrameType) -> None:
        """Looks at one call of `torch.autograd.grad`.

        Arguments:
            step: of the training.
            args, kwargs: of the call.
            results: what it gave.
            frame: that called it.
        """
        self.left -= 1
        if step != self._step:
            self._step, self._made = step, []
        given = dict(zip(("outputs", "inputs"), args, strict=False)) | kwargs
        outputs, inputs = _flat(given["outputs"]), _flat(given["inputs"])
        if any(isinstance(tensor, nn.Parameter) for tensor in inputs):
            return  # a product with a Hessian, an inner step
        order = 1 + max((self._order(tensor) for tensor in outputs), default=0)
        if kwargs.get("create_graph", args[4] if len(args) > 4 else False):
            self._kept = max(self._kept, order)
            self._made += [(weakref.ref(t), order) for t in results if isinstance(t, Tensor)]
        elif order > max(1, self._kept):  # what is taken with a graph too is only measured here
            numbers = sorted({self._numbers.get(id(p), -1) for p in _parameters(outputs)} - {-1})
            if numbers and self._in_each_step(step):  # of data alone it is a target
                self.left = 0
                self._tell(order, numbers, frame)

    def _in_each_step(self, step: int) -> bool:
        if self._row and step > self._row[-1] + 1:
            self._row = []
        if not self._row or step > self._row[-1]:
            self._row.append(step)
        return len(self._row) >= STEPS

    def _order(self, tensor: Tensor) -> int:
        """Of a derivative, or what is cut from one; 0 of what is none."""
        node = tensor.grad_fn
        for _ in range(SHAPED):
            if node is None:
                return 0
            for reference, order in self._made:
                known = reference()
                if known is not None and known.grad_fn is node:
                    return order
            below = [child for child, _ in node.next_functions if child is not None]
            node = below[0] if len(below) == 1 else None
        return 0

    def _tell(self, order: int, parameters: list[int], frame: FrameType) -> None:
        source = sites.source(sites.caller(frame)) or Source("", 0, "")
        self._event(
            "derivative-without-graph",
            order=order,
            parameters=parameters,
            file=source.file,
            line=source.line,
            text=source.text,
        )


def _flat(given: Any) -> list[Tensor]:
    """One tensor or several, as `grad` takes them."""
    several = [given] if isinstance(given, Tensor) else list(given)
    return [tensor for tensor in several if isinstance(tensor, Tensor)]


def _parameters(outputs: list[Tensor]) -> list[Tensor]:
    """Trainable parameters that some tensors are made of."""
    return [leaf for leaf in leaves_of(outputs, NODES) if isinstance(leaf, nn.Parameter)]

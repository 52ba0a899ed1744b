# SPDX-License-Identifier: Apache-2.0
"""Batch norm before the activation, or after it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.functions import ACTIVATIONS
from backprobe.treatments.points import Points
from backprobe.treatments.tracing import Trace


class NormOrder(Treatment):
    """Exchanges each batch norm with the hidden activation beside it.

    Suits when: it is asked which order serves a network better: `before` the activation, as first
    proposed (Ioffe and Szegedy, 2015), or `after` it. Only pairs with nothing between them are
    exchanged. Applied to the calls, by their order in a forward; nothing is left to undo.
    """

    NAME = "norm-order"
    WAITS = "a forward of a model with batch norms"

    def install(self, points: Points) -> None:
        """Holds back the first of each pair until the second is called."""
        self.points = points
        self._held: tuple[Proceed, tuple[Any, ...], dict[str, Any]] | None = None
        self._number = -1
        self._known: dict[int, list[tuple[int, int]]] = {}
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)
        points.before_forward.append(self._begin)
        points.calls.on_activations(self._activation)
        points.calls.on(("batch_norm",), self._norm)

    def _pairs(self) -> list[tuple[int, int]]:
        """Numbers of activation and norm, each counted by itself, that are to be exchanged."""
        trace = self.points.trace()
        if trace is None:
            return []
        if id(trace) not in self._known:
            self._known[id(trace)] = _found(trace, self.value)
        return self._known[id(trace)]

    def _meet(self, root: nn.Module, *_: Any) -> None:
        if not self._pairs() and len(self.points.living_roots()) == 1:
            other = "after" if self.value == "before" else "before"
            self.points.report.refuse(
                self.text, f"no batch norm stands right {other} an activation"
            )

    def _begin(self, *_: Any) -> None:
        self._number, self._held = -1, None

    def _activation(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if not self.points.stack:
            return proceed(*args, **kwargs)
        if any(a == self.points.ordinal for a, _ in self._pairs()):
            return self._exchange("before", proceed, args, kwargs)
        return proceed(*args, **kwargs)

    def _norm(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self._number += 1
        if any(n == self._number for _, n in self._pairs()):
            return self._exchange("after", proceed, args, kwargs)
        return proceed(*args, **kwargs)

    def _exchange(
        self, held_when: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        x = args[0] if args else kwargs["input"]
        if self.value == held_when:  # the first of the pair
            kwargs = {key: value for key, value in kwargs.items() if key != "input"}
            self._held = proceed, args[1:], kwargs
            return x
        held, self._held = self._held, None
        result = proceed(*args, **kwargs)
        if held is None:
            return result
        self.points.report.apply(self.text)
        return held[0](result, *held[1], **held[2])


def _found(trace: Trace, value: str) -> list[tuple[int, int]]:
    found, activations, norms = [], -1, -1
    for before, name in pairwise(("", *trace.order)):
        if name == "batch_norm":
            norms += 1
            if value == "before" and before in ACTIVATIONS:
                found.append((activations, norms))
        elif name in ACTIVATIONS:
            activations += 1
            if value == "after" and before == "batch_norm":
                found.append((activations, norms))
    return [(a, n) for a, n in found if trace.activations[a].role == "hidden"]


build = NormOrder

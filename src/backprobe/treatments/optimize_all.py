# SPDX-License-Identifier: Apache-2.0
"""The optimizer gets the trained parameters that it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer

from backprobe.treatments.base import Treatment
from backprobe.treatments.points import Points
from backprobe.treatments.steps import Steps, tensors

FIRST, LATER = 3, 20
"""Backward passes whose graph is walked: the first ones, and then one in so many. A table may be
enlarged, or a head replaced, between two trainings."""


class OptimizeAll(Treatment):
    """Adds every leaf that the loss depends on and no optimizer holds to the first group.

    Suits when: layers were made after the optimizer, live in a plain list, or were left out
    (`parameters-not-optimized`, `unregistered-parameters`), also where they come in the course of
    the training. `undo` takes them out again.
    """

    NAME = "optimize-all"
    WAITS = "a parameter that the loss reaches and no optimizer holds"

    def install(self, points: Points) -> None:
        """Finds the leaves before each of the first backward passes, and before some later ones."""
        self.points = points
        self._found: dict[int, Tensor] = {}
        self._given: list[tuple[Optimizer, Tensor]] = []
        self._backwards = 0
        points.before_backward.append(self._look)
        points.steps.before.append(self._give)

    def _look(self, loss: Tensor) -> None:
        self._backwards += 1
        if self._backwards <= FIRST or self._backwards % LATER == 0:
            self._found.update({id(leaf): leaf for leaf in leaves(loss)})

    def _give(self, optimizer: Optimizer) -> None:
        found, self._found = self._found, {}
        given = give(optimizer, self.points.steps, found.values())
        self._given += [(optimizer, tensor) for tensor in given]
        if given:
            self.points.report.apply(self.text, f"{len(given)} tensors")

    def undo(self) -> None:
        """Takes the tensors out again."""
        for optimizer, tensor in self._given:
            for group in optimizer.param_groups:
                group["params"] = [p for p in group["params"] if p is not tensor]


def leaves(loss: Tensor) -> list[Tensor]:
    """The parameters that a loss's graph ends in."""
    waiting: list[Any] = [loss.grad_fn]
    seen: set[Any] = set()
    found: list[Tensor] = []
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if isinstance(variable, torch.nn.Parameter):
            found.append(variable)
        waiting += [before for before, _ in node.next_functions]
    return found


def give(optimizer: Optimizer, steps: Steps, wanted: Iterable[Tensor]) -> list[Tensor]:
    """Adds tensors that no optimizer holds to an optimizer's first group; those that it added."""
    held = {id(tensor) for one in steps.living() for tensor in tensors(one)}
    held |= {id(tensor) for tensor in tensors(optimizer)}
    lacking = [tensor for tensor in wanted if id(tensor) not in held]
    optimizer.param_groups[0]["params"] = [*optimizer.param_groups[0]["params"], *lacking]
    return lacking


build = OptimizeAll

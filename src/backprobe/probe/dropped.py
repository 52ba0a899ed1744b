# SPDX-License-Identifier: Apache-2.0
"""Gradients that are cleared between two backward passes, before a step has used them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import Parameter

from backprobe.probe.parameters import ParameterSet

FEWEST = 3
"""Backward passes a step: of two, the first may be an attack's, or a penalty's."""
STEPS = 2
"""Observed steps; of a short run there are few."""
LOOKS = 12
"""Steps of several passes after which nothing more is looked for."""
MOST_NODES = 4000


class Dropped:
    """Tells once of an optimizer whose steps use only the last of many backward passes.

    Adversarial training and attributions clear gradients on purpose: they want that of the input,
    and are told by an input that requires one.

    Arguments:
        event: writes a fact of the record.
    """

    def __init__(self, event: Callable[..., None]) -> None:
        self._event = event
        self.done = False
        self._dropped = 0
        self._steps = 0
        self._looks = 0

    def before_backward(self, loss: Tensor, parameters: ParameterSet) -> None:
        """Before each backward of a step but the first."""
        if parameters.checked_none() or parameters.cleared():
            if not self._dropped and not self._steps and _wants_inputs(loss):
                self.done = True
            self._dropped += 1

    def closed(self, passes: int) -> None:
        """After a step of so many backward passes."""
        dropped, self._dropped = self._dropped, 0
        if passes < 2:
            return
        self._looks += 1
        if passes >= FEWEST and dropped == passes - 1:
            self._steps += 1
        if self._steps == STEPS:
            self._event("dropped-gradients", passes=passes)
        self.done = self.done or self._steps == STEPS or self._looks >= LOOKS


def _wants_inputs(loss: Tensor) -> bool:
    """Whether a gradient flows to a leaf that is no parameter; True of too large a graph."""
    queue: list[Any] = [loss.grad_fn]
    seen: set[Any] = set()
    while queue:
        node = queue.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if len(seen) > MOST_NODES:
            return True
        variable = getattr(node, "variable", None)
        if isinstance(variable, Tensor) and not isinstance(variable, Parameter):
            return True
        queue += [child for child, _ in node.next_functions]
    return False

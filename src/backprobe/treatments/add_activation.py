# SPDX-License-Identifier: Apache-2.0
"""An activation after each hidden layer that has none."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.functions import SWAPS
from backprobe.treatments.points import Points

OTHERS = (nn.Embedding, nn.MultiheadAttention)
"""Modules with weights that want nothing after them."""


class AddActivation(Treatment):
    """Puts an activation after each layer that another layer follows directly.

    Suits when: two layers with nothing between collapse into one (`missing-nonlinearity`).
    Applied by a hook on each such layer; `undo` takes the hooks away.
    """

    NAME = "add-activation"
    WAITS = "a forward of a model with layers"

    def install(self, points: Points) -> None:
        """Adds the hooks before the first forward."""
        self.points = points
        self._handles: list[Any] = []
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        trace = self.points.trace()
        if trace is None or trace.failure:
            why = trace.failure if trace is not None else "it was not traced"
            self.points.report.refuse(self.text, f"the forward could not be followed: {why}")
            return
        bare = [layer.module for layer in trace.layers if layer.following == "linear"]
        bare = [m for m in dict.fromkeys(bare) if not isinstance(m, OTHERS)]
        for module in bare:
            self._handles.append(module.register_forward_hook(_After(self.value)))
        if bare:
            self.points.report.apply(self.text, f"after {len(bare)} layers")
        elif self.points.living_roots()[0] is root:
            self.points.report.refuse(self.text, "every hidden layer has an activation")

    def undo(self) -> None:
        """Takes the hooks away."""
        for handle in self._handles:
            handle.remove()


class _After:
    """A forward hook that can be pickled with its model."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, module: nn.Module, args: Any, output: Any) -> Any:
        return SWAPS[self.name](output) if isinstance(output, Tensor) else output


build = AddActivation

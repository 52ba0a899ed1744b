# SPDX-License-Identifier: Apache-2.0
"""Every hidden activation becomes another one."""

from __future__ import annotations

from typing import Any

from torch import nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.functions import ACTIVATIONS, SWAPS
from backprobe.treatments.points import Points


class SwapActivation(Treatment):
    """Puts one activation in the place of every hidden one, modules and functions alike.

    Suits when: signals vanish or saturate (sigmoid, tanh → relu) or units die (relu →
    leaky_relu). Gates, attention and the output's own activation stay. Applied to the calls, so
    that nothing of the model is changed and nothing is left to undo.
    """

    NAME = "swap-activation"
    WAITS = "a forward of a model with a hidden activation"

    def install(self, points: Points) -> None:
        """Replaces the calls whose role is hidden."""
        self.points = points
        points.calls.on_activations(self._call)
        points.first_forward.append(self._meet)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        trace = self.points.trace()
        if trace is None or trace.failure or not trace.hidden:
            return
        others = {one.name for one in trace.hidden} - {self.value}
        if not others:
            self.points.report.refuse(self.text, f"the hidden activations are {self.value} already")

    def _call(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        points, canonical = self.points, ACTIVATIONS[name]
        trace = points.trace()
        if not points.stack or trace is None or canonical == self.value:
            return proceed(*args, **kwargs)
        if trace.role(points.ordinal, canonical) != "hidden":
            return proceed(*args, **kwargs)
        x = args[0] if args else kwargs["input"]
        points.report.apply(self.text, f"{canonical} → {self.value}")
        if name.endswith("_"):  # in place: who called may not use what is returned
            return x.copy_(SWAPS[self.value](x.clone()))
        return SWAPS[self.value](x)


build = SwapActivation

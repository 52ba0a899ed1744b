# SPDX-License-Identifier: Apache-2.0
"""The larger of two layers in the place of each hidden activation."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.functions import ACTIVATIONS
from backprobe.treatments.optimize_all import give
from backprobe.treatments.points import Points

CHILD = "backprobe_piece"


class Maxout(Treatment):
    """Gives each layer before a hidden activation a second one beside it, and takes the larger.

    Suits when: hidden units die or saturate (`dead-relu`, `saturated-activations`): the maximum of
    two linear pieces does neither (Goodfellow et al., 2013). The second layer has the size of the
    first and weights of its own, which the optimizer gets; the activation is left out. `undo` takes
    the layers away.
    """

    NAME = "maxout"
    WAITS = "a forward of a model with a hidden activation"

    def install(self, points: Points) -> None:
        """Adds the layers before the first forward and skips hidden activations."""
        self.points = points
        self._added: list[tuple[nn.Module, Any]] = []
        points.calls.on_activations(self._call)
        points.first_forward.append(self._meet)
        points.steps.before.append(self._give)

    def _meet(self, root: nn.Module, *_: Any) -> None:
        places = [
            layer.module
            for layer in self.points.layers()
            if not layer.last
            and layer.following not in ("linear", "output", "softmax")
            and isinstance(layer.module, (nn.Linear, nn.modules.conv._ConvNd))
        ]
        with torch.random.fork_rng([]):
            torch.manual_seed(torch.initial_seed() % 2**31 + 11)
            for module in dict.fromkeys(places):
                piece: Any = copy.deepcopy(module)
                with torch.no_grad():  # the same law as the script's: its own values, mixed
                    order = torch.randperm(piece.weight.numel())
                    flat = piece.weight.reshape(-1)
                    piece.weight.copy_(flat[order.to(flat.device)].reshape(piece.weight.shape))
                module.add_module(CHILD, piece)
                self._added.append((module, module.register_forward_hook(_larger)))
        if self._added:
            self.points.report.apply(self.text, f"{len(self._added)} layers")
        elif len(self.points.living_roots()) == 1:
            self.points.report.refuse(self.text, "no layer stands before a hidden activation")

    def _call(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        trace = self.points.trace()
        if not self.points.stack or trace is None or not self._added:
            return proceed(*args, **kwargs)
        if trace.role(self.points.ordinal, ACTIVATIONS[name]) != "hidden":
            return proceed(*args, **kwargs)
        return args[0] if args else kwargs["input"]

    def _give(self, optimizer: Any) -> None:
        children = [module.get_submodule(CHILD) for module, _ in self._added]
        give(optimizer, self.points.steps, [p for child in children for p in child.parameters()])

    def undo(self) -> None:
        """Takes the layers away."""
        for module, handle in self._added:
            handle.remove()
            delattr(module, CHILD)


def _larger(module: nn.Module, args: Any, output: Any) -> Any:
    if not isinstance(output, Tensor):
        return output
    return torch.maximum(output, module.get_submodule(CHILD)(*args))


build = Maxout

# SPDX-License-Identifier: Apache-2.0
"""A batch norm before each hidden activation, or none at all."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.optimize_all import give
from backprobe.treatments.points import Points

CHILD = "backprobe_norm"


class BatchNorm(Treatment):
    """Normalises the output of each hidden layer over the batch; `off` leaves out every batch norm.

    Suits when: signals vanish, explode or drift in a deep stack (`batchnorm=on`), or batches are
    too small for their statistics (`batchnorm=off`). `on` gives each linear layer or convolution
    before a hidden activation a norm as a child, whose scale and shift the optimizer gets; `undo`
    takes the children away.
    """

    NAME = "batchnorm"
    WAITS = "a forward of a model"

    def install(self, points: Points) -> None:
        """Adds the norms before the first forward, or skips those that are there."""
        self.points = points
        self._added: list[tuple[nn.Module, Any]] = []
        if self.value == "off":
            points.calls.on(("batch_norm",), self._skip)
            return
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)
        points.steps.before.append(self._give)

    def _skip(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self.points.report.apply(self.text, "batch_norm")
        return args[0] if args else kwargs["input"]

    def _meet(self, root: nn.Module, *_: Any) -> None:
        trace = self.points.trace()
        if trace is None or trace.failure:
            why = trace.failure if trace is not None else "it was not traced"
            self.points.report.refuse(self.text, f"the forward could not be followed: {why}")
            return
        places = [
            layer.module
            for layer in trace.layers
            if not layer.normed and layer.following not in ("linear", "output", "softmax")
        ]
        for module in dict.fromkeys(places):
            norm = _norm(module)
            if norm is None:
                continue
            weight: Any = module.weight
            norm.to(weight.device, weight.dtype).train(module.training)
            module.add_module(CHILD, norm)
            self._added.append((module, module.register_forward_hook(_normalised)))
        if self._added:
            self.points.report.apply(self.text, f"{len(self._added)} norms")
        else:
            self.points.report.refuse(self.text, "no layer before a hidden activation lacks one")

    def _give(self, optimizer: Any) -> None:
        children = [module.get_submodule(CHILD) for module, _ in self._added]
        give(optimizer, self.points.steps, [p for child in children for p in child.parameters()])

    def undo(self) -> None:
        """Takes the norms away."""
        for module, handle in self._added:
            handle.remove()
            delattr(module, CHILD)


def _normalised(module: nn.Module, args: Any, output: Any) -> Any:  # noqa: ARG001  # a hook
    if not isinstance(output, Tensor):
        return output
    norm = module.get_submodule(CHILD)
    if isinstance(norm, nn.BatchNorm1d) and output.dim() > 2 and isinstance(module, nn.Linear):
        return norm(output.reshape(-1, output.shape[-1])).reshape(output.shape)
    if output.shape[0] < 2 and norm.training:
        return output
    return norm(output)


def _norm(module: nn.Module) -> nn.Module | None:
    if isinstance(module, nn.Linear):
        return nn.BatchNorm1d(module.out_features)
    if isinstance(module, nn.modules.conv._ConvNd):
        kinds = {3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
        return kinds[module.weight.dim()](module.out_channels)
    return None


build = BatchNorm

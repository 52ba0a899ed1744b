# SPDX-License-Identifier: Apache-2.0
"""Norms that are put after hidden layers, or left out: what batch and layer norm have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from torch import Tensor, nn

from backprobe.treatments.base import Treatment
from backprobe.treatments.calls import Proceed
from backprobe.treatments.optimize_all import give
from backprobe.treatments.points import Points


class Norms(Treatment):
    """Gives each hidden layer a norm as a child, or skips the norms that are there."""

    WAITS = "a forward of a model"
    CHILD: ClassVar[str]
    """Name of the child module that holds an added norm."""
    SKIPS: ClassVar[tuple[str, ...]]
    """Functions that `off` leaves out."""

    @abstractmethod
    def make(self, module: nn.Module) -> nn.Module | None:
        """A norm for the output of a layer, None where it takes none."""

    def install(self, points: Points) -> None:
        """Adds the norms before the first forward, or skips those that are there."""
        self.points = points
        self._added: list[tuple[nn.Module, Any]] = []
        if self.value == "off":
            points.calls.on(self.SKIPS, self._skip)
            return
        points.calls.wants_trace = True
        points.first_forward.append(self._meet)
        points.steps.before.append(self._give)

    def _skip(
        self, name: str, proceed: Proceed, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        self.points.report.apply(self.text, name)
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
            norm = self.make(module)
            if norm is None:
                continue
            weight: Any = module.weight
            norm.to(weight.device, weight.dtype).train(module.training)
            module.add_module(self.CHILD, norm)
            self._added.append((module, module.register_forward_hook(_Normalised(self.CHILD))))
        if self._added:
            self.points.report.apply(self.text, f"{len(self._added)} norms")
        else:
            self.points.report.refuse(self.text, "no layer before a hidden activation lacks one")

    def _give(self, optimizer: Any) -> None:
        children = [module.get_submodule(self.CHILD) for module, _ in self._added]
        give(optimizer, self.points.steps, [p for child in children for p in child.parameters()])

    def undo(self) -> None:
        """Takes the norms away."""
        for module, handle in self._added:
            handle.remove()
            delattr(module, self.CHILD)


class _Normalised:
    """A forward hook that can be pickled with its model."""

    def __init__(self, child: str) -> None:
        self.child = child

    def __call__(self, module: nn.Module, args: Any, output: Any) -> Any:
        if not isinstance(output, Tensor):
            return output
        norm = module.get_submodule(self.child)
        if not isinstance(norm, nn.modules.batchnorm._BatchNorm):
            return norm(output)
        if isinstance(norm, nn.BatchNorm1d) and output.dim() > 2 and isinstance(module, nn.Linear):
            return norm(output.reshape(-1, output.shape[-1])).reshape(output.shape)
        if output.shape[0] < 2 and norm.training:
            return output
        return norm(output)

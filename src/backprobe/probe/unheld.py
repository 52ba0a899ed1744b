# SPDX-License-Identifier: Apache-2.0
"""Parameters with a gradient that no optimizer was ever given, and that nothing moves.

A network that grows, a part that is replaced, a weight that is made anew: what an optimizer holds
is numbered when it steps, these are not. Also whole networks beside the one that is trained.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from backprobe.probe.host import freed
from backprobe.probe.structure import Structure
from backprobe.records import Parameter

SAMPLE = 8
"""Elements that are compared at the end; until then the tensor's version tells of updates."""


@dataclass
class _Seen:
    reference: weakref.ref[Any]
    version: int
    sample: Tensor
    root: int
    name: str
    elements: int
    step: int
    again: bool = False


class Unheld:
    """Looks for them as seldom as `Attributes` does."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}

    def look(self, structure: Structure, step: int) -> None:
        """Remembers those that have a gradient and no number.

        Arguments:
            structure: what is known of the networks.
            step: the run's.
        """
        structure.numbers.sweep(structure.roots.values())
        for reference in list(structure.roots.values()):
            root = reference()
            if root is None:
                continue
            index = structure.module_of.get(id(root), -1)
            whole = not any(_held(structure, id(p), index) for p in root.parameters())
            for name, module in root.named_modules():
                for tensor in module._parameters.values():
                    if tensor is None or tensor.grad is None:
                        continue
                    # What it shares with another network is numbered there, and trained with that.
                    shared = _held(structure, id(tensor))
                    if (whole and not shared) or id(tensor) not in structure.parameter_of:
                        self._note(structure, root, name, tensor, step)

    def _note(
        self, structure: Structure, root: nn.Module, name: str, tensor: Tensor, step: int
    ) -> None:
        key = id(tensor)
        if not tensor.requires_grad:
            return
        if hasattr(tensor, "_local_tensor") or freed(tensor) or not tensor.numel():
            return  # to compare a shard would be a collective
        found = self._seen.get(key)
        if found is not None and found.reference() is tensor:
            # An update of `.data` leaves the version as it was; to ask a device would be a wait.
            near = tensor.device.type == "cpu"
            found.again = _same(tensor, found) if near else found.version == tensor._version
            return
        structure.numbers.renew(key)
        self._seen[key] = _Seen(
            weakref.ref(tensor),
            tensor._version,
            tensor.detach().reshape(-1)[:SAMPLE].clone(),
            structure.module_of.get(id(root), -1),
            _topmost_new(structure, root, name),
            tensor.numel(),
            step,
        )

    def found(self, structure: Structure, step: int) -> list[dict[str, Any]]:
        """At the end: the parts that hold such tensors, that steps went by without moving.

        Arguments:
            structure: what is known of the networks.
            step: the last one.
        """
        parts: dict[tuple[int, str], dict[str, Any]] = {}
        for key, seen in self._seen.items():
            tensor = seen.reference()
            still = seen.again if tensor is None else _same(tensor, seen)
            if structure.numbers.ever(key) or seen.step >= step or not still:
                continue
            facts = {"model": seen.root, "name": seen.name, "tensors": 0, "elements": 0}
            part = parts.setdefault((seen.root, seen.name), {**facts, "step": seen.step})
            part["tensors"] += 1
            part["elements"] += seen.elements
            part["step"] = min(part["step"], seen.step)
        return list(parts.values())

    def networks(self, structure: Structure, step: int) -> list[dict[str, Any]]:
        """At the end: networks of which no optimizer holds anything, that steps did not move.

        Arguments:
            structure: what is known of the networks.
            step: the last one.
        """
        held = {structure.modules[p.module].root for p in structure.parameters if _trained(p)}
        moved: set[int] = set()
        found: dict[int, dict[str, Any]] = {}
        for key, seen in self._seen.items():
            if not structure.numbers.ever(key) or seen.root in held or seen.root < 0:
                continue
            tensor = seen.reference()
            if seen.step >= step or not (seen.again if tensor is None else _same(tensor, seen)):
                moved.add(seen.root)
                continue
            facts = {"model": seen.root, "tensors": 0, "elements": 0, "step": seen.step}
            network = found.setdefault(seen.root, facts)
            network["tensors"] += 1
            network["elements"] += seen.elements
        return [network for root, network in found.items() if root not in moved]


def _trained(parameter: Parameter) -> bool:
    return parameter.optimizer >= 0 and parameter.module >= 0


def _held(structure: Structure, key: int, root: int = -1) -> bool:
    """Whether an optimizer that has stepped holds the tensor with this `id`.

    Arguments:
        structure: what is known of the networks.
        key: the `id`.
        root: number of the network that it has to be numbered in; -1: of any, or of none.
    """
    number = structure.parameter_of.get(key)
    if number is None or structure.parameters[number].optimizer < 0:
        return False
    module = structure.parameters[number].module
    return root < 0 or module < 0 or structure.modules[module].root == root


def _topmost_new(structure: Structure, root: nn.Module, name: str) -> str:
    """The outermost module on the way to this one that has no number; itself if all have one."""
    parts = name.split(".") if name else []
    for count in range(1, len(parts) + 1):
        outer = ".".join(parts[:count])
        if id(root.get_submodule(outer)) not in structure.module_of:
            return outer
    return name


def _same(tensor: Tensor, seen: _Seen) -> bool:
    if not tensor.requires_grad or tensor.grad is None or tensor._version != seen.version:
        return False
    return torch.equal(tensor.detach().reshape(-1)[:SAMPLE], seen.sample)

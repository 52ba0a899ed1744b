# SPDX-License-Identifier: Apache-2.0
"""`nn.Parameter`s of no module that a loss reaches: a constant to be found, a soft prompt."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from backprobe.probe.containers import holders
from backprobe.probe.structure import Structure

LARGEST = 1 << 16
"""Elements of which a copy is kept, spread over a tensor that has more; of a shard none is: to
compare them would be a collective."""


class Lone:
    """Remembers what such parameters were, to tell at the end which were never moved.

    A tensor that merely wants a gradient may be an input; a `Parameter` is declared to be learned.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[weakref.ref[Any], Tensor]] = {}
        self._suspects: set[int] = set()
        self._holders: dict[int, tuple[int, str]] = {}

    def keep(self, structure: Structure, tensors: Mapping[int, Tensor]) -> None:
        """Copies those among the leaves of the first loss.

        Arguments:
            structure: what is known of the network's parameters.
            tensors: the leaves, by their `id`.
        """
        for key, tensor in tensors.items():
            entry = structure.parameters[structure.parameter_of[key]]
            lone = entry.module < 0 and entry.local < 0 and isinstance(tensor, Parameter)
            if lone and not tensor.is_sparse:
                self._kept[entry.index] = weakref.ref(tensor), _sample(tensor).clone()
        if self._kept:
            numbers = {id(tensor()): index for index, (tensor, _) in self._kept.items()}
            roots = [root for each in structure.roots.values() if (root := each()) is not None]
            for index, (module, attribute) in holders(roots, numbers).items():
                self._holders[index] = structure.module_of.get(module, -1), attribute

    def look(self) -> None:
        """After the first steps: which have a gradient and are what they were.

        What a function made may be gone at the end, and what an attack makes anew is gone now.
        """
        for index, (reference, before) in self._kept.items():
            tensor = reference()
            if tensor is not None and tensor.grad is not None and _same(tensor, before):
                self._suspects.add(index)

    def unmoved(self, structure: Structure, held: Iterable[int]) -> list[int]:
        """Numbers of those that were found so, that nothing has moved since, in no optimizer.

        Arguments:
            structure: what is known of the network's parameters.
            held: numbers of the optimizers' tensors.
        """
        found = []
        for index in sorted(self._suspects - set(held)):
            reference, before = self._kept[index]
            tensor = reference()
            still = tensor is None or (tensor.requires_grad and _same(tensor, before))
            if still and structure.parameters[index].module < 0:
                found.append(index)
        return found

    def held_by(self, indexes: Iterable[int]) -> list[tuple[int, int, str]]:
        """Of these, what a model keeps in a list or an object of its own.

        Arguments:
            indexes: numbers of such parameters.

        Returns:
            number, the module that keeps it, the attribute that it is in.
        """
        return [(index, *self._holders[index]) for index in indexes if index in self._holders]


def _same(tensor: Tensor, before: Tensor) -> bool:
    return torch.equal(_sample(tensor), before)


def _sample(tensor: Tensor) -> Tensor:
    """So many of its elements, all of a small one's."""
    return tensor.detach().reshape(-1)[:: 1 + tensor.numel() // LARGEST]

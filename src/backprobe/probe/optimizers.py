# SPDX-License-Identifier: Apache-2.0
"""The optimizers that have stepped: their numbers, groups and tensors in the record."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import Any

from torch import Tensor

from backprobe.probe import sites
from backprobe.probe.frozen import since_start
from backprobe.probe.optimizer_settings import plain
from backprobe.probe.parameters import ParameterSet
from backprobe.probe.state import State
from backprobe.probe.watched import Watched
from backprobe.records import Optimizer


class Optimizers:
    """Numbers the optimizers of one process.

    Arguments:
        state: shared with the other parts of the probe.

    `watched`: `id` → what is known of it, of those that live; `entries`: of the record, in the
    order of their numbers; `held`: numbers of the tensors of those that are gone; `frozen`: of
    those among them that were frozen by then.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.watched: dict[int, Watched] = {}
        self.entries: list[Optimizer] = []
        self.held: set[int] = set()
        self.frozen: list[int] = []
        state.structure.numbers.held = self._tensors

    @property
    def only(self) -> Watched | None:
        """The only one, if there is just one."""
        return next(iter(self.watched.values())) if len(self.watched) == 1 else None

    def known(self, optimizer: Any) -> Watched | None:
        """What is known of an optimizer whose groups hold as many tensors as they did, or None."""
        found = self.watched.get(id(optimizer))
        if found is None or found.reference() is not optimizer or found.groups != _count(optimizer):
            return None
        return found

    def add(self, optimizer: Any) -> Watched:
        """Numbers an optimizer and its tensors, or what is new of them."""
        structure = self.state.structure
        structure.numbers.sweep(structure.roots.values())
        before = self.watched.get(id(optimizer))
        same = before is not None and before.reference() is optimizer
        index = before.index if before is not None and same else len(self.entries)
        tensors: list[Tensor] = []
        numbers: list[int] = []
        for group_number, group in enumerate(optimizer.param_groups):
            for position, tensor in enumerate(group["params"]):
                number = structure.parameter_of.get(id(tensor))
                if number is None:
                    number = structure.add_parameter(tensor, f"group{group_number}.{position}")
                tensors.append(tensor)
                numbers.append(number)
                entry = structure.parameters[number]
                dtype = str(tensor.dtype).removeprefix("torch.")  # `.to()` may have changed it
                structure.put(replace(entry, optimizer=index, group=group_number, dtype=dtype))
        entry_of = Optimizer(
            index=index,
            type=type(optimizer).__name__,
            source=sites.source(sites.made(optimizer)),
            step_source=sites.source(sites.here()),
            groups=tuple(
                {**plain(group), "tensors": len(group["params"])}
                for group in optimizer.param_groups
            ),
        )
        if index == len(self.entries):
            self.entries.append(entry_of)
        structure.touch("optimizers", entry_of)
        measured = ParameterSet([], []) if self.state.light else ParameterSet(tensors, numbers)
        reference = weakref.ref(optimizer, self._gone)
        watched = Watched(index, measured, reference, _count(optimizer))
        self.watched[id(optimizer)] = watched
        self.state.stepped = True
        return watched

    def _gone(self, reference: Any) -> None:
        try:
            self.state.catch_up()  # another one may lie at its address next
            self.state.guard.run("heartbeat", self._let_go, reference)
        except TypeError:  # at the interpreter's own end, when the functions are gone
            pass

    def _tensors(self) -> list[Tensor]:
        return [t for each in list(self.watched.values()) for t in each.parameters.parameters]

    def _let_go(self, reference: Any) -> None:
        """Frees the tensors of one that is gone: a search trains one model after the other."""
        for key, watched in list(self.watched.items()):
            if watched.reference is reference:
                self.frozen += since_start(self.state.structure, [watched])
                self.held.update(map(int, watched.parameters.index))
                structure = self.state.structure
                structure.numbers.leave(
                    tensor
                    for index, tensor in zip(
                        watched.parameters.index, watched.parameters.parameters, strict=True
                    )
                    if structure.parameters[index].module < 0
                )
                watched.parameters.close()
                watched.parameters = ParameterSet([], [])
                del self.watched[key]


def _count(optimizer: Any) -> int:
    count = 0
    for group in optimizer.param_groups:
        count += len(group["params"])
    return count

# SPDX-License-Identifier: Apache-2.0
"""How often each network is asked without gradients, and whether one that no optimizer holds moves.

A copy whose weights are averaged is what is judged in many trainings: one that never changes is
judged for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from backprobe.probe import host as hosts
from backprobe.probe.structure import Structure

TENSORS, ELEMENTS = 8, 16
"""Of a network so many are compared: an average moves all."""
RARER = 1.15
"""Times the step of the last look by which there is another: the last is late in any run."""


@dataclass
class _Kept:
    sample: Tensor
    first: int
    looks: int = 1
    step: int = 0


class Judged:
    """Counts, and compares.

    Arguments:
        structure: what is known of the networks.
        event: writes a fact of the record.
        step: gives the run's step.
    """

    def __init__(
        self, structure: Structure, event: Callable[..., None], step: Callable[[], int]
    ) -> None:
        self._structure = structure
        self._event = event
        self._step = step
        self._counts: dict[int, tuple[int, int, int]] = {}
        self._kept: dict[int, _Kept] = {}
        self._due: dict[int, float] = {}

    def count(self, index: int, unseen: int = 0) -> None:
        """Tells of the 1st, 2nd, 4th, 8th… step that a root has an evaluation phase at.

        Arguments:
            index: of the root.
            unseen: steps before this one at which it had one that was passed over; 0 where this
                step has one.
        """
        step = self._step()
        first, last, steps = self._counts.get(index, (step, -1, 0))
        if unseen:
            now, last = steps + unseen, step - 1
        elif step != last:
            now, last = steps + 1, step
        else:
            return
        self._counts[index] = first, last, now
        if steps.bit_length() < now.bit_length():
            self._event("judged", module=index, steps=now, first=first, step=last)

    def look(self, index: int, module: nn.Module) -> None:
        """Compares a network with what it was, at ever fewer of the steps that it is judged at."""
        step = self._step()
        if step < self._due.get(index, 0):
            return
        self._due[index] = max(step + 1, RARER * step)
        kept, sample = self._kept.get(index), self._sample(module)
        if kept is None and sample is not None:
            self._kept[index] = _Kept(sample, step, step=step)
        elif kept is not None and sample is not None and torch.equal(kept.sample, sample):
            kept.looks, kept.step = kept.looks + 1, step
        else:
            self._kept.pop(index, None)
            self._due[index] = float("inf")  # it moves, or can't be read: that is all to know

    def finish(self) -> None:
        """Tells of the networks that never moved."""
        for index, kept in self._kept.items():
            if kept.looks > 1:
                self._event(
                    "judged-kept", module=index, looks=kept.looks, first=kept.first, step=kept.step
                )

    def _sample(self, module: nn.Module) -> Tensor | None:
        """Some of the weights, where they lie on the host and no optimizer holds them."""
        tensors = list(module.parameters())
        chosen = tensors[:: max(1, len(tensors) // TENSORS)][:TENSORS]
        parameter_of, known = self._structure.parameter_of, self._structure.parameters
        for tensor in chosen:
            number = parameter_of.get(id(tensor))
            if number is not None and known[number].optimizer >= 0:
                return None
            if type(tensor.data) is not Tensor or not hosts.near(tensor) or hosts.freed(tensor):
                return None
        if not chosen:
            return None
        return torch.cat([t.detach().reshape(-1)[:ELEMENTS].float() for t in chosen])

# SPDX-License-Identifier: Apache-2.0
"""Weights that are trained, and set back again and again to those of a network that never moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from backprobe.probe.structure import Structure
from backprobe.probe.transfer import Transfers

TIMES = 3
"""Times that the very same weights were loaded, from which nothing that was learnt can stay."""
MOST = 64
SAMPLE = 32
"""Parameters, and numbers of each, by which it is told that they are the same."""


class SetBack:
    """Follows what is loaded into trained networks from others that run beside them.

    A copy that is kept aside, to begin anew from or to go back to the best, is no network that
    runs: it is left out, and so is what moves by any way between two loads.

    Arguments:
        event: writes a fact of the record.
        transfers: brings a device's weights to the host.
    """

    def __init__(self, event: Callable[..., None], transfers: Transfers) -> None:
        self._event = event
        self._transfers = transfers
        self._last: dict[int, tuple[int, int, bytes]] = {}
        self._times: dict[int, tuple[int, int]] = {}

    def loaded(
        self, module: nn.Module, state: Mapping[str, Any], structure: Structure, step: int
    ) -> None:
        """Takes a state dict that was loaded after so many steps.

        Arguments:
            module: that it went into.
            state: what was loaded.
            structure: what is known of the networks.
            step: optimizer steps done.
        """
        name, parameter = next(iter(module.named_parameters()), ("", None))
        number = structure.parameter_of.get(id(parameter), -1)
        given = state.get(name)
        if step == 0 or number < 0 or type(given) is not Tensor or given.numel() == 0:
            return
        optimizer = structure.parameters[number].optimizer
        source = _owner(structure, given, module) if optimizer >= 0 else -1
        if source < 0:
            self._last.pop(number, None)
            return
        names = [name for name, _ in module.named_parameters()][:MOST]
        parts = [state[each].detach().reshape(-1)[:SAMPLE] for each in names if each in state]
        if any(part.device != given.device for part in parts):
            return
        self._transfers.send(
            parts, lambda values: self._deliver(number, source, optimizer, values, structure, step)
        )

    def _deliver(
        self,
        number: int,
        source: int,
        optimizer: int,
        values: NDArray[np.float32],
        structure: Structure,
        step: int,
    ) -> None:
        mark = source, optimizer, values.tobytes()
        times, last = self._times.get(number, (0, -1))
        if self._last.get(number) != mark:
            times = 0
        elif last == step:
            return
        self._last[number] = mark
        self._times[number] = times + 1, step
        if times + 1 == TIMES:
            into = structure.modules[structure.parameters[number].module].root
            self._event("set-back", module=into, source=source, step=step)


def _owner(structure: Structure, given: Tensor, module: nn.Module) -> int:
    """The network that has run, other than this one, of which a tensor is a parameter's own."""
    for reference in list(structure.roots.values()):
        root = reference()
        if root is None or root is module:
            continue
        own = (p for p in root.parameters() if type(p) in (Tensor, nn.Parameter))  # no shards
        if any(p.data_ptr() == given.data_ptr() for p in own):
            return structure.module_of.get(id(root), -1)
    return -1

# SPDX-License-Identifier: Apache-2.0
"""Weights that were loaded over an init, and optimizers that go on from a checkpoint."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from backprobe.probe import initial
from backprobe.probe.structure import Structure
from backprobe.records import Parameter

MAX_NAMES = 200
"""Names of a kind in one event; the counts beside them are whole."""


class Loading:
    """State dicts that were loaded, also before there was a probe, until they can be told by name.

    Only which tensors they went into is kept, by weak references.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[list[weakref.ref[Tensor]], list[str], list[str], int]] = []

    def loaded(
        self, module: nn.Module, state: Mapping[str, Any], result: Any, step: int = 0
    ) -> None:
        """Notes one `load_state_dict`.

        Arguments:
            module: whose parameters took the values.
            state: what was given.
            result: what `load_state_dict` returned (its missing and unexpected keys).
            step: optimizer steps done before it.
        """
        taken = [p for name, p in module.named_parameters(remove_duplicate=False) if name in state]
        missing = [str(key) for key in getattr(result, "missing_keys", ())]
        unexpected = [str(key) for key in getattr(result, "unexpected_keys", ())]
        self._waiting.append(([weakref.ref(p) for p in taken], missing, unexpected, step))

    def take(self, structure: Structure) -> list[dict[str, Any]]:
        """The facts of what was loaded into numbered parameters since the last call."""
        kept = []
        found = [_facts(*names, [], 0) for names in structure.take_pretrained()]
        for entry in self._waiting:
            references, missing, unexpected, step = entry
            living = [p for ref in references if (p := ref()) is not None]
            numbers = [structure.parameter_of.get(id(p)) for p in living]
            known = list(dict.fromkeys(n for n in numbers if n is not None))
            if known or (not references and structure.parameters):
                into = [structure.parameters[n] for n in known]
                found.append(_facts(into, missing, unexpected, step))
            elif living or not references:
                kept.append(entry)
        self._waiting = kept
        return found


def _facts(
    into: list[Parameter], missing: list[str], unexpected: list[str], step: int
) -> dict[str, Any]:
    """The data of an event `loaded`."""
    return {
        "step": step,
        "parameters": [parameter.name for parameter in into[:MAX_NAMES]],
        "indexes": [parameter.index for parameter in into],
        "missing": missing[:MAX_NAMES],
        "unexpected": unexpected[:MAX_NAMES],
        "counts": [len(into), len(missing), len(unexpected)],
    }


loading = Loading()
"""Of this process: a checkpoint is loaded before anything trains."""


def read_again(structure: Structure, parameters: Iterable[Tensor]) -> None:
    """Replaces the recorded inits of parameters that were numbered before they were loaded."""
    for parameter in parameters:
        number = structure.parameter_of.get(id(parameter))
        if number is not None:
            shard = getattr(parameter, "_local_tensor", parameter)
            entry = structure.parameters[number]
            structure.put(replace(entry, initial=initial.facts(shard)))


def steps_done(optimizer: Any) -> int:
    """Steps that an optimizer counts itself in its state (Adam and its kin), 0 where it has none.

    Asked before its first step here, on the CPU or off it: once an optimizer.
    """
    most = 0
    for entry in optimizer.state.values():
        step = entry.get("step") if isinstance(entry, dict) else None
        if isinstance(step, (int, float)) or (isinstance(step, Tensor) and step.numel() == 1):
            most = max(most, int(step))
            break  # all tensors of one optimizer go step by step together
    return most

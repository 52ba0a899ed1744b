# SPDX-License-Identifier: Apache-2.0
"""Recurrent layers of which nothing is read that has passed from one time step to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from backprobe.records import Module, Operation, Parameter, Record, Source

SEQUENCES = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})
"""Functions that pass a whole sequence."""
CELLS = frozenset({"LSTMCell", "GRUCell", "RNNCell"})
READS = frozenset({"__getitem__", "select", "index_select", "narrow"})
LOOKS = 8
"""Observed steps at which the gradient has to be zero."""


@dataclass(frozen=True)
class Unused:
    """A recurrence that teaches nothing.

    Arguments:
        module: the layer.
        steps: time steps of the first forward.
        looks: observed steps.
        half: whether the other direction of the layer is used.
        cell: whether it passes one step a call.
        source: the line that reads its output, where known, else the one that makes the layer.
    """

    module: Module
    steps: int
    looks: int
    half: bool
    cell: bool
    source: Source | None


def unused_recurrence(record: Record) -> Unused | None:
    """The first layer whose weights between steps get a gradient of exactly zero at each look.

    Those of its input get one. What begins with a state of zeros has such weights where only its
    first step is read, or where no step is given the state of the one before.
    """
    for module, steps, call in _recurrent(record):
        own = {
            p.name.rpartition(".")[2]: p for p in record.parameters if p.index in module.parameters
        }
        top = max((n for n in own if n.startswith("weight_hh_l")), default="weight_hh")
        top = top.removesuffix("_reverse")
        both = {
            suffix: _learns(record, own, top + suffix)
            for suffix in ("", "_reverse")
            if top + suffix in own
        }
        if steps < 2 or False not in both.values():
            continue
        read = _read(record, call)
        return Unused(
            module=module,
            steps=steps,
            looks=len(record.parameters_series.step),
            half=len(both) == 2,
            cell=module.type in CELLS,
            source=(read.source if read is not None else None) or module.source,
        )
    return None


def _recurrent(record: Record) -> Iterator[tuple[Module, int, Operation | None]]:
    """Recurrent layers, the time steps that each passes in a forward, and its call."""
    modules = {m.index: m for m in record.modules}
    for module in record.modules:
        if module.type in CELLS:
            yield module, module.calls, None
    for op in record.graph:
        shape = op.input_shapes[0] if op.input_shapes else ()
        if op.name in SEQUENCES and op.module in modules and len(shape) == 3:
            module = modules[op.module]
            yield module, shape[1 if module.settings.get("batch_first") else 0], op


def _learns(record: Record, own: dict[str, Parameter], name: str) -> bool | None:
    """Whether weights between steps get a gradient; None where their input's don't, or unknown."""
    between, inside = own[name], own.get(name.replace("_hh", "_ih"))
    if inside is None or not between.requires_grad:
        return None
    found = [record.parameters_series.of("grad_rms", p.index) for p in (between, inside)]
    known = np.isfinite(found[0]) & np.isfinite(found[1])
    if int(known.sum()) < LOOKS or not np.all(found[1][known] > 0.0):
        return None
    return not np.all(found[0][known] == 0.0)


def _read(record: Record, call: Operation | None) -> Operation | None:
    """The operation that takes a step out of what a layer gives."""
    made = set() if call is None else {call.index}
    for op in record.graph:
        if made & set(op.inputs):
            if op.name in READS:
                return op
            made.add(op.index)
    return None

# SPDX-License-Identifier: Apache-2.0
"""Names of the modules that a place stands for, and what it is connected to."""

from __future__ import annotations

from backprobe.records import Module, Place, Record
from backprobe.rules.wording import unique
from backprobe.signals.layers import layers
from backprobe.signals.operations import MATRIX, PRODUCTS

_PRODUCTS = PRODUCTS | MATRIX
_WEIGHINGS = _PRODUCTS | {"einsum"}
KEEP_SCALE = frozenset({"", "relu", "leaky_relu", "prelu"})
"""Activations, and none, that give twice as much of twice as much."""

_OWN_PARTS = ("MultiheadAttention", "AdaptiveLogSoftmaxWithLoss")


def feeding(record: Record, place: Place) -> tuple[str, ...]:
    """Names of the modules whose output reaches a place first."""
    by_index = {p.index: p for p in record.places}
    return unique(by_index[i].name for i in place.inputs if i in by_index)


def upstream(record: Record, place: Place) -> set[int]:
    """Indexes of all places that a place depends on."""
    by_index = {p.index: p for p in record.places}
    stack, reached = list(place.inputs), set[int]()
    while stack:
        index = stack.pop()
        if index not in reached and index in by_index:
            reached.add(index)
            stack += by_index[index].inputs
    return reached


def bypassed(record: Record, place: Place) -> bool:
    """Whether something gets from a network's input to an output without passing a place."""
    by_index = {p.index: p for p in record.places}
    stack = [p.index for p in record.places if is_output(record, p)]
    reached = {place.index}
    while stack:
        index = stack.pop()
        if index in reached or index not in by_index:
            continue
        reached.add(index)
        if not by_index[index].inputs:
            return True
        stack += by_index[index].inputs
    return False


def place_names(record: Record, place: Place) -> tuple[str, ...]:
    """What `where` says of an activation: the layer that feeds it, and the activation's module.

    A function inside a module's forward has no name of its own: the layer that feeds it stands
    for it.
    """
    if place.functional:
        return feeding(record, place)[:1] or unique([place.name])
    return unique([*feeding(record, place)[:1], place.name])


def is_gate(record: Record, place: Place) -> bool:
    """Whether an activation multiplies something: attention weights, squeeze-excite, LSTM gates.

    Gates are meant to be open or closed.
    """
    made = {op.index for op in record.graph if op.place == place.index}
    made |= _through(record, made)
    return any(op.name in _PRODUCTS and set(op.inputs) & made for op in record.graph)


def weighs(record: Record, place: Place) -> bool:
    """Whether an activation is a gate of what other layers made: no output that is only scaled."""
    made = {op.index for op in record.graph if op.place == place.index}
    made |= _through(record, made)
    return any(
        op.name in _WEIGHINGS and set(op.inputs) & made and set(op.inputs) - made - {-1}
        for op in record.graph
    )


def normed_behind(record: Record, place: Place) -> bool:
    """Whether a batch norm takes what a place gives, or what a rectifier or a pool makes of it.

    Both keep its scale, so that the norm sets it.
    """
    weights = {layer.place.index for layer in layers(record) if layer.place is not None}
    reached = {place.index}
    for later in sorted(record.places, key=lambda p: p.order):
        if not reached & set(later.inputs[:1]) or later.index in weights:
            continue
        if later.type.startswith("BatchNorm"):
            return True
        if later.activation in KEEP_SCALE:
            reached.add(later.index)
    return False


def is_output(record: Record, place: Place) -> bool:
    """Whether an activation is a network's last: nothing measured consumes it."""
    return not any(place.index in other.inputs for other in record.places)


def picks_its_parts(record: Record, module: Module) -> bool:
    """Whether it is a part of a module of torch's own, which did run, and by itself decides which
    of its parts a batch needs, or uses their weights.
    """
    by_index = {m.index: m for m in record.modules}
    parent = by_index.get(module.parent)
    while parent is not None:
        if parent.type in _OWN_PARTS and parent.calls > 0:
            return True
        parent = by_index.get(parent.parent)
    return False


def _through(record: Record, made: set[int]) -> set[int]:
    """Operations that only reshape what these made."""
    shaped = {
        "view",
        "reshape",
        "unsqueeze",
        "squeeze",
        "expand",
        "expand_as",
        "transpose",
        "permute",
    }
    reached: set[int] = set()
    for op in record.graph:
        if op.name in shaped and set(op.inputs) & (made | reached):
            reached.add(op.index)
    return reached


def declared(record: Record, module: Module) -> bool:
    """Whether the user's own class names it, or what it is a part of.

    A library's model may bring what nobody asked for.
    """
    by_index = {m.index: m for m in record.modules}
    part: Module | None = module
    while part is not None and part.parent >= 0:
        name = part.name.rpartition(".")[2]
        if part.source is not None and name.isidentifier() and name in part.source.text:
            return True
        part = by_index.get(part.parent)
    return False

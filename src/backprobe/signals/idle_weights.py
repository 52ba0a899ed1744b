# SPDX-License-Identifier: Apache-2.0
"""Softmaxes over the one unit of a scoring layer, whose results weigh several things: all by one.

An axis may hold one element by chance or by a setting: a sequence of one, a mixture of one expert.
It does not here: its size is a layer's width, and what is weighed is summed over another axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backprobe.records import Operation, Place, Record
from backprobe.signals.forward_graph import by_index
from backprobe.signals.operations import DENSE, MATRIX, PRODUCTS, SHAPES

LOOKS = 3
"""Observed steps in which each result was exactly 1."""
PASSED = SHAPES | frozenset("div mul dropout masked_fill clamp tanh expand expand_as".split())
"""Operations that leave one score a place."""
LAYERS = DENSE | {"addmm"}
SUMS = frozenset("sum mean".split())


@dataclass(frozen=True)
class IdleWeights:
    """A softmax whose results are 1 by construction.

    Arguments:
        place: where it is measured.
        score: the operation of the layer of one unit.
        several: over how many things they weigh.
    """

    place: Place
    score: Operation
    several: int


def idle_weights(record: Record) -> list[IdleWeights]:
    """The softmaxes of a run that weigh several things by one each."""
    graph = by_index(record)
    places = {place.index: place for place in record.places}
    found = []
    for op in record.graph:
        place = places.get(op.place)
        if op.name != "softmax" or place is None or op.shape.count(1) != 1:
            continue
        dim = op.arguments.get("dim")
        if not isinstance(dim, int) or op.shape[dim] != 1 or not _always_one(record, place):
            continue
        score, several = _scored(graph, op), _summed(record, op)
        if score is not None and several > 1:
            found.append(IdleWeights(place, score, several))
    return found


def _always_one(record: Record, place: Place) -> bool:
    low, high = (record.outputs.of(name, place.index) for name in ("out_min", "out_max"))
    low, high = low[np.isfinite(low)], high[np.isfinite(high)]
    return low.size >= LOOKS and bool((low == 1.0).all() and (high == 1.0).all())


def _scored(graph: Mapping[int, Operation], op: Operation) -> Operation | None:
    """The layer of one unit whose results these are, or None."""
    before = graph.get(op.inputs[0]) if op.inputs else None
    while before is not None and before.name in PASSED:
        before = graph.get(before.inputs[0]) if before.inputs else None
    if before is None or before.name not in LAYERS:
        return None
    weight = before.input_shapes[1] if len(before.input_shapes) > 1 else ()
    return before if weight[:1] == (1,) else None


def _summed(record: Record, op: Operation) -> int:
    """Over how many elements what the results are multiplied with is summed; 0 over none."""
    made = {op.index}
    products: dict[int, Operation] = {}
    most = 0
    for later in record.graph:
        if made & set(later.inputs):
            if later.name in MATRIX:
                most = max(most, later.input_shapes[0][-1])
            elif later.name == "einsum":
                most = max(most, *op.shape[1:])
            elif later.name in PRODUCTS:
                products[later.index] = later
            elif later.name in PASSED:
                made.add(later.index)
        weighed = [products[i] for i in later.inputs if i in products]
        dim = later.arguments.get("dim")
        if weighed and later.name in SUMS and isinstance(dim, int):
            most = max(most, weighed[0].shape[dim])
    return most

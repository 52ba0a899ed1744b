# SPDX-License-Identifier: Apache-2.0
"""Softmaxes over the one unit of a scoring layer, whose results weigh several things: all by one.

An axis may hold one element by chance or by a setting: a sequence of one, a mixture of one expert.
It does not here: its size is a layer's width, and what is weighed is summed over another axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import prod

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
FOLDS = frozenset("view reshape unflatten contiguous".split())
"""Operations that lay rows out anew and leave each whole, where the last axis keeps its size."""


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
    if before is None or len(before.input_shapes) < 2:
        return None
    weight = before.input_shapes[1]
    if before.name in MATRIX:  # with a parameter of the module's own, which no operation made
        return before if len(weight) == 2 and weight[1] == 1 and before.inputs[1] < 0 else None
    return before if before.name in LAYERS and weight[:1] == (1,) else None


def _summed(record: Record, op: Operation) -> int:
    """Over how many elements what the results are multiplied with is summed; 0 over none."""
    made = {op.index}
    products: dict[int, _Product] = {}
    most = 0
    for later in record.graph:
        taken = [k for k, index in enumerate(later.inputs) if index in made]
        if taken:
            weights = later.input_shapes[taken[0]]
            if later.name in MATRIX:
                most = max(most, later.input_shapes[0][-1])
            elif later.name == "einsum":
                most = max(most, *weights[1:], 0)
            elif later.name in PRODUCTS:
                ones = (1,) * (len(later.shape) - len(weights))
                products[later.index] = _Product(later.shape, ones + weights)
            elif later.name in PASSED:
                made.add(later.index)
        weighed = next((products[i] for i in later.inputs if i in products), None)
        if weighed is None:
            continue
        if later.name in SUMS and (later.name == "sum" or not weighed.folded):
            most = max(most, weighed.over(later))
        elif later.name in FOLDS and weighed.rows_only and later.shape[-1:] == weighed.shape[-1:]:
            products[later.index] = _Product(later.shape, (*later.shape[:-1], 1), folded=True)
    return most


@dataclass(frozen=True)
class _Product:
    """What weights multiplied.

    Arguments:
        shape: of the product.
        weights: the weights' sizes of the same axes, 1 where all of an axis get the same.
        folded: whether its rows were laid out anew since.
    """

    shape: tuple[int, ...]
    weights: tuple[int, ...]
    folded: bool = False

    @property
    def rows_only(self) -> bool:
        """Whether each row of the last axis has one weight."""
        return self.weights == (*self.shape[:-1], 1)

    def over(self, total: Operation) -> int:
        """Over how many weights an operation sums it, the fewest that its sizes allow."""
        axes = range(len(self.shape))
        dim = total.arguments.get("dim")
        ways: list[tuple[int, ...]]
        if isinstance(dim, int):
            ways = [(dim % len(self.shape),)] if self.shape else []
        else:
            ways = [way for n in axes for way in combinations(axes, n) if self._gives(way, total)]
        return min((prod(self.weights[k] for k in way) for way in ways), default=0)

    def _gives(self, way: tuple[int, ...], total: Operation) -> bool:
        """Whether a sum over these axes has the size of that one."""
        kept = tuple(1 if k in way else size for k, size in enumerate(self.shape))
        return total.shape in (kept, tuple(s for k, s in enumerate(self.shape) if k not in way))

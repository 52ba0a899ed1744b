# SPDX-License-Identifier: Apache-2.0
"""Answers that are products of rows that are looked up: what tables' sizes make of the first ones.

The dot product of two independent rows of n numbers around 0, of deviations a and b, has the
deviation a·b·√n: of `nn.Embedding`'s N(0, 1) that is √n. Koren, Bell & Volinsky, "Matrix
factorization techniques for recommender systems" (2009); word2vec draws U(±0.5/n).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Operation, Parameter, Record
from backprobe.signals.forward_graph import by_index, takers
from backprobe.signals.init_scale import initial_rms
from backprobe.signals.memo import once
from backprobe.signals.operations import MATRIX, PRODUCTS, SHAPES

LOOKS = frozenset({"embedding", "__getitem__", "index_select"})
SUMS = frozenset({"sum", "einsum"})
CENTRED = 0.2
"""Mean / deviation of a table below which it is drawn around 0."""


@dataclass(frozen=True)
class TableProduct:
    """A dot product of rows of two tables, or of two rows of one.

    Arguments:
        tables: the one or two parameters.
        width: numbers of a row.
        std: deviation of the products that the tables began with.
    """

    tables: tuple[Parameter, ...]
    width: int
    std: float


@once
def table_products(record: Record) -> tuple[TableProduct, ...]:
    """The dot products of looked-up rows that the captured forward took, in its order."""
    found = []
    for op in record.graph:
        if len(op.inputs) < 2 or not _is_dot(record, op):
            continue
        first, second = (_table(record, maker) for maker in op.inputs[:2])
        if first is None or second is None:
            continue
        width = first.shape[-1]
        if second.shape[-1] != width or not (_centred(first) and _centred(second)):
            continue
        std = initial_rms(first) * initial_rms(second) * math.sqrt(width)
        tables = (first,) if first is second else (first, second)
        found.append(TableProduct(tables, width, std))
    return tuple(found)


def _is_dot(record: Record, op: Operation) -> bool:
    """Whether the operation, or the sum behind it, adds up the products over a row."""
    if op.name in MATRIX or op.name == "einsum":
        return True
    if op.name not in PRODUCTS or not op.shape:
        return False
    return any(
        taker.name in SUMS and math.prod(taker.shape) * op.shape[-1] == math.prod(op.shape)
        for taker in takers(record).get(op.index, ())
    )


def _table(record: Record, maker: int) -> Parameter | None:
    """The table whose rows an operation gives, as they are; None where it gives something else."""
    graph = by_index(record)
    op = graph.get(maker)
    while op is not None and op.name in SHAPES:
        op = graph.get(op.inputs[0]) if op.inputs else None
    if op is None or op.name not in LOOKS or any(index != -1 for index in op.inputs):
        return None
    return next(
        (
            p
            for p in record.parameters
            if len(p.shape) == 2
            and p.module == op.module
            and p.shape in op.input_shapes
            and op.shape[-1:] == p.shape[-1:]
        ),
        None,
    )


def _centred(table: Parameter) -> bool:
    mean, std = (float(table.initial.get(key, math.nan)) for key in ("mean", "std"))
    return abs(mean) <= CENTRED * std

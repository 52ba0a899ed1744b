# SPDX-License-Identifier: Apache-2.0
"""Layers that only score: a softmax makes weights of what they give, and others are weighed.

Such scores get little gradient while what they weigh is much alike, whatever their own weights
are: nothing is lost on a way through them. An attention in one operation has that softmax inside:
its queries and keys are scores, its values are not.
"""

from __future__ import annotations

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import takers
from backprobe.signals.layers import Layer
from backprobe.signals.operations import MATRIX, PRODUCTS

WEIGH = PRODUCTS | MATRIX | {"einsum"}
"""Operations that weigh one tensor by another."""
BETWEEN = 4
"""Operations between a softmax and the weighing: dropout, reshapes."""


def on_the_way(record: Record, found: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Those of some layers from which a way to the output leads through no such softmax."""
    following_of = takers(record)
    arrives: dict[int, bool] = {}
    for op in reversed(record.graph):
        following = following_of.get(op.index, [])
        onward = any(arrives.get(t.index, True) and not _scores(op, t) for t in following)
        weighs = op.name == "softmax" and _weighs(record, op)
        arrives[op.index] = not weighs and (onward or not following)
    by_module: dict[int, bool] = {}
    for op in record.graph:
        by_module[op.module] = by_module.get(op.module, False) or arrives[op.index]
    return tuple(layer for layer in found if by_module.get(layer.module.index, True))


def _scores(op: Operation, taker: Operation) -> bool:
    """Whether an attention takes what an operation gives as queries or keys, and not as values."""
    if taker.name != "scaled_dot_product_attention" or len(taker.inputs) < 3:
        return False
    return op.index in taker.inputs[:2] and op.index != taker.inputs[2]


def _weighs(record: Record, softmax: Operation) -> bool:
    op = softmax
    for _ in range(BETWEEN):
        following = takers(record).get(op.index, [])
        if any(taker.name in WEIGH and len(taker.inputs) > 1 for taker in following):
            return True
        if len(following) != 1:
            return False
        op = following[0]
    return False

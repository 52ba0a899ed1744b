# SPDX-License-Identifier: Apache-2.0
"""Layers that only score: a softmax makes weights of what they give, and others are weighed.

Such scores get little gradient while what they weigh is much alike, whatever their own weights
are: nothing is lost on a way through them.
"""

from __future__ import annotations

from backprobe.records import Operation, Record
from backprobe.signals.layers import Layer
from backprobe.signals.operations import MATRIX, PRODUCTS

WEIGH = PRODUCTS | MATRIX | {"einsum"}
"""Operations that weigh one tensor by another."""
BETWEEN = 4
"""Operations between a softmax and the weighing: dropout, reshapes."""


def on_the_way(record: Record, found: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Those of some layers from which a way to the output leads through no such softmax."""
    takers: dict[int, list[Operation]] = {}
    for op in record.graph:
        for index in op.inputs:
            takers.setdefault(index, []).append(op)
    arrives: dict[int, bool] = {}
    for op in reversed(record.graph):
        following = takers.get(op.index, [])
        onward = any(arrives.get(taker.index, True) for taker in following)
        weighs = op.name == "softmax" and _weighs(takers, op)
        arrives[op.index] = not weighs and (onward or not following)
    by_module: dict[int, bool] = {}
    for op in record.graph:
        by_module[op.module] = by_module.get(op.module, False) or arrives[op.index]
    return tuple(layer for layer in found if by_module.get(layer.module.index, True))


def _weighs(takers: dict[int, list[Operation]], softmax: Operation) -> bool:
    op = softmax
    for _ in range(BETWEEN):
        following = takers.get(op.index, [])
        if any(taker.name in WEIGH and len(taker.inputs) > 1 for taker in following):
            return True
        if len(following) != 1:
            return False
        op = following[0]
    return False

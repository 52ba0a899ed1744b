# SPDX-License-Identifier: Apache-2.0
"""Blocks that add what they computed to itself, where their input was to be added."""

from __future__ import annotations

from backprobe.records import Module, Operation, Record
from backprobe.rules.model.row_positions import SUMS
from backprobe.signals.judged import within
from backprobe.signals.layers import layers


def lost_shortcuts(record: Record) -> list[tuple[Module, Operation]]:
    """Blocks with the sum of a tensor and itself, behind which nothing is left of their input.

    The input has the sum's shape, feeds the block's layers alone, and neither the sum nor what
    comes after it gets any of it but through them.
    """
    by_index = {op.index: op for op in record.graph}
    modules = {m.index: m for m in record.modules}
    weighted = {x.module.index for x in layers(record)}
    found = []
    for op in record.graph:
        block = modules.get(op.module)
        if op.name not in SUMS or not op.arguments.get("itself") or block is None:
            continue
        before = _before(by_index, op)
        inside = {m.index for m in record.modules if within(m, block)}
        entering = {
            i
            for index in before
            if by_index[index].module in inside
            for i in by_index[index].inputs
            if i >= 0 and by_index[i].module not in inside and by_index[i].shape == op.shape
        }
        passed = {by_index[i].module for i in before} & inside & weighted
        for index in entering:
            takers = [other for other in record.graph if index in other.inputs]
            if passed and all(t.index in before and t.module in inside for t in takers):
                found.append((block, op))
                break
    return found


def _before(by_index: dict[int, Operation], op: Operation) -> set[int]:
    """Operations that an operation's result was made of."""
    pending, reached = list(op.inputs), set[int]()
    while pending:
        index = pending.pop()
        if index in by_index and index not in reached:
            reached.add(index)
            pending += by_index[index].inputs
    return reached

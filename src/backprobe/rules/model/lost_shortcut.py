# SPDX-License-Identifier: Apache-2.0
"""Blocks that add what they computed to itself, where their input was to be added."""

from __future__ import annotations

from backprobe.records import Module, Operation, Record
from backprobe.signals.forward_graph import by_index, upstream
from backprobe.signals.judged import within
from backprobe.signals.layers import layers
from backprobe.signals.operations import ADDS


def lost_shortcuts(record: Record) -> list[tuple[Module, Operation]]:
    """Blocks with the sum of a tensor and itself, behind which nothing is left of their input.

    The input has the sum's shape, feeds the block's layers alone, and neither the sum nor what
    comes after it gets any of it but through them.
    """
    graph = by_index(record)
    modules = {m.index: m for m in record.modules}
    weighted = {x.module.index for x in layers(record)}
    found = []
    for op in record.graph:
        block = modules.get(op.module)
        if op.name not in ADDS or not op.arguments.get("itself") or block is None:
            continue
        before = upstream(record, op.inputs)
        inside = {m.index for m in record.modules if within(m, block)}
        entering = {
            i
            for index in before
            if graph[index].module in inside
            for i in graph[index].inputs
            if i >= 0 and graph[i].module not in inside and graph[i].shape == op.shape
        }
        passed = {graph[i].module for i in before} & inside & weighted
        for index in entering:
            takers = [other for other in record.graph if index in other.inputs]
            if passed and all(t.index in before and t.module in inside for t in takers):
                found.append((block, op))
                break
    return found

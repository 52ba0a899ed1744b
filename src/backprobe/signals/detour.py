# SPDX-License-Identifier: Apache-2.0
"""Whether what goes into a layer also goes around it, to the same output.

Then the layer is no bottleneck, however few units it has: it scores, gates, adapts or adds to what
passes it by (attention, squeeze-and-excitation, low-rank adapters, the tails of a large softmax).
"""

from __future__ import annotations

from backprobe.records import Module, Operation, Record


def goes_round(record: Record, module: Module) -> bool:
    """Whether a weighted result that the layer depends on reaches the last operation without it.

    False where the forward was not captured, and of a first layer.
    """
    graph = {op.index: op for op in record.graph}
    own = {op.index for op in record.graph if op.module == module.index}
    if not own:
        return False
    weighted = {m.index for m in record.modules if m.parameters}
    before = _upstream(graph, [i for at in own for i in graph[at].inputs], own)
    around = _upstream(graph, [record.graph[-1].index], own)
    return any(graph[index].module in weighted for index in before & around)


def _upstream(graph: dict[int, Operation], start: list[int], without: set[int]) -> set[int]:
    """Operations that these and what they take are made of, without passing some."""
    pending, found = list(start), set[int]()
    while pending:
        index = pending.pop()
        if index in graph and index not in found and index not in without:
            found.add(index)
            pending += graph[index].inputs
    return found

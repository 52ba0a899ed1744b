# SPDX-License-Identifier: Apache-2.0
"""Whether what goes into a layer also goes around it, to the same output.

Then the layer is no bottleneck, however few units it has: it scores, gates, adapts or adds to what
passes it by (attention, squeeze-and-excitation, low-rank adapters, the tails of a large softmax).
"""

from __future__ import annotations

from backprobe.records import Module, Record
from backprobe.signals.forward_graph import by_index, upstream


def goes_round(record: Record, module: Module) -> bool:
    """Whether a weighted result that the layer depends on reaches the last operation without it.

    False where the forward was not captured, and of a first layer.
    """
    graph = by_index(record)
    own = {op.index for op in record.graph if op.module == module.index}
    if not own:
        return False
    weighted = {m.index for m in record.modules if m.parameters}
    before = upstream(record, [i for at in own for i in graph[at].inputs], own)
    around = upstream(record, [record.graph[-1].index], own)
    return any(graph[index].module in weighted for index in before & around)

# SPDX-License-Identifier: Apache-2.0
"""Calls of one layer that follow each other in a recurrence written out in the forward."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import by_index, takers, upstream

WEIGHTED = frozenset({"linear", "matmul", "mm", "bmm", "addmm", "baddbmm", "einsum"})
"""Functions that a state goes through from one step to the next."""


def one_after_another(record: Record, calls: Sequence[Operation]) -> bool:
    """Whether what each call gives meets a state that was made of the one before it.

    `h = relu(inside(x) + h @ again)` calls `inside` once a step, on the same `x` or on a constant.
    Results that are merely added up, joined or multiplied with each other are no states.
    """
    return len(calls) >= 2 and all(_leads_to(record, a, b) for a, b in pairwise(calls))


def again_by_hand(record: Record, most: int) -> bool:
    """Whether a line multiplies more than `most` times by weights, each time what it gave before.

    A weight that is no layer's: `h = relu(inside[:, t] + h @ again)`.
    """
    lines: dict[tuple[object, ...], list[Operation]] = {}
    for op in record.graph:
        if op.name in WEIGHTED and op.source is not None:
            lines.setdefault((op.module, op.source.file, op.source.line), []).append(op)
    return any(
        len(ops) > most and len({o.index for o in ops} & upstream(record, ops[-1].inputs)) >= most
        for ops in lines.values()
    )


def _leads_to(record: Record, before: Operation, after: Operation) -> bool:
    graph = by_index(record)
    for meeting in takers(record).get(after.index, ()):
        others = [i for i in meeting.inputs if i != after.index and i in graph]
        for other in others:
            path = upstream(record, [other], without={before.index})
            reached = any(before.index in graph[i].inputs for i in path)
            passed = {i for i in path if graph[i].name in WEIGHTED}
            if reached and any(_made_of(record, i, before.index) for i in passed):
                return True
    return False


def _made_of(record: Record, index: int, source: int) -> bool:
    return source in upstream(record, by_index(record)[index].inputs)

# SPDX-License-Identifier: Apache-2.0
"""Outputs in units that were measured over the batch: an instance normalisation's wrong axis."""

from __future__ import annotations

import numpy as np

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import by_index, takers, upstream
from backprobe.signals.memo import once
from backprobe.signals.operations import DENSE, MATRIX, PRODUCTS, TRANSPOSED
from backprobe.signals.rows import training_rows

STATISTICS = frozenset("mean std var std_mean var_mean amax amin max min median".split())
HANDED_ON = frozenset(
    "add __add__ sub __sub__ sqrt pow clamp clamp_min __getitem__ squeeze unsqueeze view reshape "
    "expand detach contiguous narrow".split()
)
"""Operations between a statistic and what is multiplied by it."""
LAYERS = DENSE | TRANSPOSED | MATRIX | {"gru", "lstm", "rnn_tanh", "rnn_relu"}
RETURNED = 20
"""Rows that come back from which their company says whether the axis is that of samples."""
TOGETHER = 0.5
"""Share of a batch that comes back in one batch: those of a series, or a cloud, stay together."""


def in_units_of_batch(record: Record, op: Operation, rows: int) -> Operation | None:
    """The statistic over the rows, of what the network is given, that its last layer's is times.

    Only where rows are known to come back in other company: else the first axis may be another.
    """
    if op.name not in PRODUCTS or op.shape[:1] != (rows,) or len(op.inputs) != 2 or rows < 2:
        return None
    for unit, result in (op.inputs, op.inputs[::-1]):
        statistic = _statistic(record, unit, rows)
        if statistic is None or not _layers(record, upstream(record, [result])):
            continue
        if not _layers(record, _downstream(record, op)) and _in_other_company(record):
            return statistic
    return None


def _statistic(record: Record, index: int, rows: int) -> Operation | None:
    """The operation over the rows that a factor was made of, where no layer leads to it."""
    for _ in range(6):
        op = by_index(record).get(index)
        if op is None:
            return None
        if op.name in STATISTICS:
            given = op.input_shapes[0] if op.input_shapes else ()
            over_rows = len(given) > 1 and given[0] == rows and rows not in given[1:]
            over_rows = over_rows and op.shape in ((1, *given[1:]), given[1:])
            return None if not over_rows or _layers(record, upstream(record, [index])) else op
        made = [i for i in op.inputs if i >= 0]
        if op.name not in HANDED_ON or not made:
            return None
        index = made[0]
    return None


def _layers(record: Record, found: set[int]) -> bool:
    graph = by_index(record)
    return any(graph[index].name in LAYERS for index in found)


def _downstream(record: Record, op: Operation) -> set[int]:
    pending, found = [op.index], set[int]()
    while pending:
        for taker in takers(record).get(pending.pop(), []):
            if taker.index not in found:
                found.add(taker.index)
                pending.append(taker.index)
    return found


@once
def _in_other_company(record: Record) -> bool:
    """Whether training rows come back beside others than those that they came with."""
    steps, rows = training_rows(record)
    batches: dict[int, set[int]] = {}
    for at, key in zip(steps.tolist(), rows.tolist(), strict=True):
        batches.setdefault(int(at), set()).add(int(key))
    last: dict[int, int] = {}
    shares: list[float] = []
    for at, batch in batches.items():
        for key in batch:
            if key in last:
                before = batches[last[key]]
                shares.append(len(batch & before) / min(len(batch), len(before)))
            last[key] = at
    return len(shares) >= RETURNED and float(np.mean(shares)) < TOGETHER

# SPDX-License-Identifier: Apache-2.0
"""Sequences that a network gets one at a time, without an axis for the batch."""

from __future__ import annotations

import numpy as np

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import by_index

LENGTHS = 3
"""Different first sizes of the inputs; batches have one, and another at the end of an epoch."""


def one_sequence(record: Record, op: Operation) -> bool:
    """Whether the first axis of what an operation gets is the steps of one sequence.

    It is made of one axis only (the words of a sentence), or it is as long as the sentence is.
    """
    rows = record.steps.numbers("samples")
    if np.unique(rows[np.isfinite(rows)]).size >= LENGTHS:
        return True
    operations = by_index(record)
    pending, seen = [op.index], set[int]()
    while pending:
        index = pending.pop()
        if index in seen or index not in operations:
            continue
        seen.add(index)
        found = operations[index]
        given = found.inputs[:1] == (-1,) and bool(found.input_shapes)
        if given and found.input_shapes[0] == op.input_shapes[0][:1]:
            return True
        pending += found.inputs[:1]  # what else comes in is weights and states
        if found.inputs[:1] == (-1,) and found.input_shapes:
            pending += _givers(record, found)
    return False


def _givers(record: Record, op: Operation) -> list[int]:
    """Earlier operations whose result this one gets, bar axes of 1, where no forward links them.

    A method that is no `forward` reshapes between its layers unseen.
    """
    wanted = [n for n in op.input_shapes[0] if n > 1]
    return [
        each.index
        for each in record.graph
        if each.index < op.index and [n for n in each.shape if n > 1] == wanted
    ]

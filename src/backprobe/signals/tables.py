# SPDX-License-Identifier: Apache-2.0
"""Parameters of two or more axes that no signal is multiplied by: tables, not weights.

A table of positions or a class token is added to the features, or set beside them. Its size is the
features', and what its axes multiply up to is no fan-in (Dosovitskiy et al., 2010.11929, eq. 1).
"""

from __future__ import annotations

from backprobe.records import Operation, Parameter, Record
from backprobe.signals.operations import ADDS

TAKES = ADDS | {"cat", "concat", "concatenate"}
"""What leaves a table's numbers as they are."""
MOVES = frozenset(
    {"expand", "expand_as", "repeat", "repeat_interleave", "__getitem__", "unsqueeze", "to"}
)
"""What repeats or cuts a table before that."""


def only_added(record: Record, parameter: Parameter) -> bool:
    """Whether a module's own parameter is only ever added to a signal, or set beside it.

    False where the forward does not show what takes it.
    """
    pending = [op for op in record.graph if _takes(op, parameter)]
    if not pending:
        return False
    seen = set[int]()
    while pending:
        op = pending.pop()
        if op.index in seen or op.name in TAKES:
            continue
        seen.add(op.index)
        takers = [each for each in record.graph if op.index in each.inputs]
        if op.name not in MOVES or not takers:
            return False
        pending += takers
    return True


def _takes(op: Operation, parameter: Parameter) -> bool:
    """Whether an operation of its module gets something of its shape from outside."""
    return op.module == parameter.module and any(
        index == -1 and shape == parameter.shape
        for index, shape in zip(op.inputs, op.input_shapes, strict=False)
    )

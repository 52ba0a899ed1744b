# SPDX-License-Identifier: Apache-2.0
"""Tables of positions that are cut along the axis of the samples."""

from __future__ import annotations

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import by_index
from backprobe.signals.operations import ADDS

CUTS = frozenset({"__getitem__", "narrow", "index_select"})
PASSES = frozenset(
    "unsqueeze squeeze transpose permute detach to type_as clone contiguous expand __getitem__ "
    "requires_grad_ float".split()
)
"""Operations that hand a table on, as it is or with its axes elsewhere."""


def added_by_row(record: Record, op: Operation, rows: int) -> Operation | None:
    """The cut of a table whose entry depends on a sample's place in the batch, or None.

    `x + table[:x.size(0)]` of x [rows, steps, width]: each sample gets one entry for all its steps,
    another one wherever it lies in the next batch.

    Arguments:
        record: whose graph to follow.
        op: a sum.
        rows: of the batch.
    """
    if op.name not in ADDS or len(op.input_shapes) != 2 or len(op.shape) < 3:
        return None
    if op.shape.count(rows) != 1:
        return None
    batch = op.shape.index(rows)
    for input_, shape in zip(op.inputs, op.input_shapes, strict=False):
        aligned = (1,) * (len(op.shape) - len(shape)) + tuple(shape)
        between = [size for axis, size in enumerate(op.shape[:-1]) if axis != batch]
        own = [size for axis, size in enumerate(aligned[:-1]) if axis != batch]
        if aligned[batch] != rows or set(own) != {1} or max(between) < 2:
            continue
        cut = _cut(record, input_)
        if cut is not None and _length(cut, rows):
            return cut
    return None


def _cut(record: Record, index: int) -> Operation | None:
    """The operation that took a part of what no input of the network leads to."""
    for _ in range(6):
        op = by_index(record).get(index)
        if op is None:
            return None
        if op.name in CUTS and op.inputs[:1] == (-1,):
            return op
        if op.name not in PASSES or not op.inputs:
            return None
        index = op.inputs[0]
    return None


def _length(cut: Operation, rows: int) -> bool:
    """Whether a longer table was cut to as many entries as there are samples."""
    whole = cut.input_shapes[0] if cut.input_shapes else ()
    return rows in cut.shape and rows not in whole and any(size > rows for size in whole)

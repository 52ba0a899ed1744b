# SPDX-License-Identifier: Apache-2.0
"""What of a network's inputs, and of what it makes of them, is the same in every row."""

from __future__ import annotations

import math

import numpy as np

from backprobe.records import Operation, Place, Record
from backprobe.signals.units import RECTIFIERS

JOINS = frozenset({"cat", "concat", "stack", "add", "mul"})
VARIES = 1e-3
"""Deviation over the rows / size of an output from which it tells rows apart."""


def one_id(record: Record) -> float:
    """Share of the commonest number among the ids of the training batches; 0 for other inputs."""
    table = record.batches
    train = table.numbers("evaluation") == 0.0
    whole = table.numbers("integer") == 1.0
    common = table.numbers("common")[train & whole]
    common = common[np.isfinite(common)]
    return float(np.median(common)) if common.size >= 3 else 0.0


def vocabulary(record: Record) -> int:
    """Rows of the table that ids are looked up in; 0 where none is seen."""
    for op in record.graph:
        if op.name in ("embedding", "embedding_bag") and len(op.input_shapes) > 1:
            return int(op.input_shapes[1][0]) if op.input_shapes[1] else 0
    return 0


def only_padding(record: Record) -> Operation | None:
    """An attention whose mask hides several ids and shows a single one."""
    for op in record.graph:
        if op.arguments.get("shown_ids", 2.0) <= 1.0 and op.arguments.get("hidden_ids", 0.0) >= 3.0:
            return op
    return None


def takes_several(record: Record, rows: tuple[int, ...]) -> bool:
    """Whether more than one operation gets rows from outside of the network: several inputs, maybe.

    Arguments:
        record: of a run.
        rows: how many a batch has, as a shape of one axis.
    """
    given = 0
    for op in record.graph:
        pairs = list(zip(op.inputs, op.input_shapes, strict=False))
        pairs = pairs if op.name in JOINS else pairs[:1]  # what else a layer gets is its weights
        given += any(number == -1 and shape[:1] == rows for number, shape in pairs)
    return given > 1


def lost_at(record: Record) -> tuple[Place, Place] | None:
    """The first place whose output is the same for all rows though what feeds it is not, and it.

    Not one that a forward passes several times: its first pass is what was measured, and a
    recurrence begins with the same state for all rows.
    """
    again = {module.index for module in record.modules if module.calls > 1}
    places = {place.index: place for place in record.places}
    flat = {index: is_flat(record, index) for index in places}
    for place in sorted(record.places, key=lambda p: p.order):
        feeds = [places[i] for i in place.inputs if i in places]
        if (
            place.activation in (*RECTIFIERS, "softmax", "log_softmax")
            or place.module in again
            or not feeds
            or not flat[place.index]
        ):
            continue
        # A signal that fades from layer to layer is not blanked at the last of them.
        if not any(flat[x.index] for x in feeds) and _variation(record, feeds[0].index) >= VARIES:
            return feeds[0], place
    return None


def _variation(record: Record, index: int) -> float:
    """Deviation of an output over the rows, relative to its size; median over the steps."""
    spread = record.outputs.of("out_batch_std", index).astype(np.float64)
    size = record.outputs.of("out_rms", index).astype(np.float64)
    known = np.isfinite(spread) & (size > 0.0)
    return float(np.median(spread[known] / size[known])) if known.any() else 0.0


def is_flat(record: Record, index: int) -> bool:
    """Whether an output hardly varies over the rows of a batch, from the first step to the last."""
    spread = record.outputs.of("out_batch_std", index).astype(np.float64)
    size = record.outputs.of("out_rms", index).astype(np.float64)
    known = np.isfinite(spread) & np.isfinite(size)
    if int(known.sum()) < 5:
        return False
    return bool(np.all(spread[known] <= 1e-6 * np.maximum(size[known], 1e-6)))


def flat_features(record: Record, limit: float) -> tuple[int, int, int]:
    """Features that don't vary, features, and the rows that were looked at."""
    for event in record.named("input-features"):
        mean = np.asarray(event.data.get("mean", ()), np.float64)
        deviation = np.asarray(event.data.get("std", ()), np.float64)
        if event.data.get("kind") == "feature" and deviation.size and mean.size == deviation.size:
            flat = deviation <= limit * np.maximum(np.abs(mean), 1e-12)
            return int(flat.sum()), int(deviation.size), int(event.data.get("count", 0))
    return 0, 0, 0


def blank_batches(record: Record) -> int:
    """Training batches that hold one number throughout; 0 where any does not."""
    table = record.batches
    train = ~(table.numbers("evaluation") == 1.0)
    rows = table.numbers("rows")
    low, high = (table.numbers(k) for k in ("min", "max"))
    known = train & np.isfinite(low) & np.isfinite(high) & (rows > 1)
    same = bool(known.any()) and bool(np.all(low[known] == high[known]))
    return int(known.sum()) if same and math.isfinite(float(low[known][0])) else 0


def blanked_before_layers(record: Record) -> Operation | None:
    """The operation after which all of a batch is one number, before the first layer; None: none.

    Only of what the network makes of its batch: a query that it makes itself may be all zeros.
    """
    table = record.batches
    train = table.numbers("evaluation") == 0.0
    low, high, least, most = (
        table.numbers(name)[train] for name in ("first_min", "first_max", "min", "max")
    )
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(least) & np.isfinite(most)
    if int(known.sum()) < 3 or not np.all((low == high) & (least < most) | ~known):
        return None
    weighted = {module.index for module in record.modules if module.parameters}
    rows = int(table.numbers("rows")[train][0])
    operation = next((op for op in record.graph if op.module in weighted and op.inputs), None)
    made = {op.index: op for op in record.graph}
    found = None
    while operation is not None and operation.inputs:
        if operation.inputs[0] < 0:
            given = set(_given(record, rows))
            return found if given == set(operation.input_shapes[:1]) else None
        operation = made.get(operation.inputs[0])
        found = found or operation
    return None


def _given(record: Record, rows: int) -> list[tuple[int, ...]]:
    """Shapes of what operations get from outside with a batch's rows."""
    return [
        op.input_shapes[0]
        for op in record.graph
        if op.inputs[:1] == (-1,) and op.input_shapes and op.input_shapes[0][:1] == (rows,)
    ]

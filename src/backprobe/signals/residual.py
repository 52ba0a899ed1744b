# SPDX-License-Identifier: Apache-2.0
"""The row of residual branches of a network, and how their outputs grow along it.

Unit: RMS of the last branch's output / the first one's, at the first forward. Normal: about 1, with
branches that are normalised, scaled down or begin at zero. He's weights in a branch without any of
these double the stream's variance at each block: 11-fold over eight (Zhang et al., "Fixup
initialization", 1901.09321).
"""

from __future__ import annotations

import math

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import by_index, end_of, takers, upstream
from backprobe.signals.layers import Layer, layers
from backprobe.signals.memo import once
from backprobe.signals.operations import ADDS, DENSE
from backprobe.signals.series import first

FEWEST = 4
"""Branches from which a growth along them is one of the depth."""


@once
def branch_ends(record: Record) -> tuple[Layer, ...]:
    """Layers whose result is added to something that they were themselves made of, in order."""
    found = []
    for layer in layers(record):
        end = end_of(record, layer)
        if end is not None and _added(record, end):
            found.append(layer)
    return tuple(found)


def branch_growth(record: Record) -> float:
    """Last branch's output RMS over the first one's, at the first forward; 1 where unknown."""
    sizes = [
        first(record.outputs, "out_rms", layer.place.index)
        for layer in branch_ends(record)
        if layer.place is not None
    ]
    known = [size for size in sizes if math.isfinite(size) and size > 0.0]
    return known[-1] / known[0] if len(known) >= FEWEST else 1.0


def _added(record: Record, end: Operation) -> bool:
    """Whether the result goes, by itself or through functions of it alone, to such a sum."""
    graph, op = by_index(record), end
    while len(following := takers(record).get(op.index, [])) == 1:
        taker = following[0]
        others = [index for index in taker.inputs if index >= 0 and index != op.index]
        if taker.name in ADDS and len(others) == 1 and taker.shape == graph[others[0]].shape:
            return others[0] in upstream(record, end.inputs)
        if others or taker.name in DENSE:
            return False
        op = taker
    return False

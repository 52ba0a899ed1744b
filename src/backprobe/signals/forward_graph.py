# SPDX-License-Identifier: Apache-2.0
"""The operations of the captured forward as a graph: who takes what, and what made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from backprobe.records import Operation, Place, Record
from backprobe.signals.layers import Layer
from backprobe.signals.memo import once


@once
def by_index(record: Record) -> Mapping[int, Operation]:
    """Operations by their index."""
    return {op.index: op for op in record.graph}


@once
def takers(record: Record) -> Mapping[int, list[Operation]]:
    """Index of an operation → those that take its result, each once, in their order."""
    found: dict[int, list[Operation]] = {}
    for op in record.graph:
        for index in set(op.inputs):
            found.setdefault(index, []).append(op)
    return found


@once
def _by_place(record: Record) -> Mapping[int, Operation]:
    return {op.place: op for op in record.graph if op.place >= 0}


def end_of(record: Record, layer: Layer) -> Operation | None:
    """The operation whose result a layer puts out, None where it was not captured."""
    return of_place(record, layer.place) if layer.place is not None else None


def of_place(record: Record, place: Place) -> Operation | None:
    """The operation whose result is measured at a place, None where it was not captured."""
    return _by_place(record).get(place.index)


def upstream(record: Record, start: Iterable[int], without: Set[int] = frozenset()) -> set[int]:
    """Operations that these and what they take are made of, without passing some."""
    graph, pending, found = by_index(record), list(start), set[int]()
    while pending:
        index = pending.pop()
        if index in graph and index not in found and index not in without:
            found.add(index)
            pending += graph[index].inputs
    return found

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


def lies_behind(record: Record, first: Layer, later: Layer) -> bool:
    """Whether a layer gets what another one gives; True also where that was not captured.

    What runs later need not lie behind: two heads run one after the other on the same input.
    """
    reached = _reached(record)
    if first.module.index not in reached or later.module.index not in reached:
        return True
    return bool(reached[first.module.index] >> later.module.index & 1)


@once
def _reached(record: Record) -> Mapping[int, int]:
    """Index of a module that ran operations → a bit for each module that takes what they gave."""
    following = takers(record)
    behind: dict[int, int] = {}
    found: dict[int, int] = {}
    for op in reversed(record.graph):
        bits = 0
        for taker in following.get(op.index, ()):
            bits |= behind.get(taker.index, 0) | 1 << max(taker.module, 0)
        behind[op.index] = bits
        found[op.module] = found.get(op.module, 0) | bits
    return found

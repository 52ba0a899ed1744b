# SPDX-License-Identifier: Apache-2.0
"""Whether what a graph's nodes are sent is gathered from themselves, not from their neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from torch import Tensor

from backprobe.probe.edges import Picked
from backprobe.records import Operation

MOST = 60
"""Operations between what is gathered and what is added up."""
_Mark = tuple[int, tuple[int, ...], tuple[int, ...]]


def mark(picked: Picked) -> _Mark:
    """What tells an index from another one while both are held."""
    index = picked.index
    return index.data_ptr(), tuple(index.shape), tuple(index.stride())


def sent_back(
    operations: Sequence[Operation],
    taken: Mapping[int, Picked],
    put: Picked,
    message: Tensor,
    producer: int,
) -> bool:
    """Whether all that is added up at some rows was taken from these very rows, by one index.

    Each row then gets a multiple of what it has. It is certain only where nothing else comes in:
    no other rows, and nothing that an edge has of its own, but for one number that weighs it.

    Arguments:
        operations: of the forward so far.
        taken: those of them that took rows, by number.
        put: what adds them up.
        message: [edges, …] what is added.
        producer: the operation that made it.
    """
    edges = put.index.numel()
    alone = prod(message.shape[1:]) == 1
    if message.dim() < 2 or alone or message.shape[0] != edges or edges <= put.rows:
        return False
    found = False
    pending, seen = [producer], set[int]()
    while pending:
        at = pending.pop()
        if at in seen:
            continue
        seen.add(at)
        if at < 0 or len(seen) > MOST:
            return False
        took = taken.get(at)
        if took is not None:
            if took.rows != put.rows or mark(took) != mark(put):
                return False
            found = True
            continue
        operation = operations[at]
        if operation.shape[:1] != (edges,):
            return False
        for source, shape in zip(operation.inputs, operation.input_shapes, strict=True):
            if shape[:1] == (edges,) and prod(shape[1:]) > 1:
                pending.append(source)
            elif shape[:1] != (edges,) and source >= 0 and len(shape) > 2:
                return False  # a result of all nodes, which tells each of the others
    return found

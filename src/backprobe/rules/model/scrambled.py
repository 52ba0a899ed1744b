# SPDX-License-Identifier: Apache-2.0
"""Reshapes that bring an inner axis forward within each sample, which takes a permute.

A reshape keeps the order of the numbers: what stands for a position after it is a stretch of memory
that holds parts of several.
"""

from __future__ import annotations

import math
from itertools import pairwise

from backprobe.records import Operation, Record

Shape = tuple[int, ...]


def scrambles(record: Record, op: Operation) -> bool:
    """Whether a reshape joins axes that don't lie side by side, as its sizes tell.

    (B, a, b, c) to (B, b, a·c): heads that are joined with the head's axis before the positions';
    (B, a, b, c) to (B, b·c, a): channels that are to come last. A merge or a split of neighbours
    has such sizes too by chance, unless they rule it out; a reshape that the same module undoes
    (it split its heads from that very shape) can be nothing else.
    """
    before, after = op.input_shapes[0] if op.input_shapes else (), op.shape
    if len(before) != 4 or len(after) != 3 or before[0] != after[0]:
        return False
    rows, a, b, c = before
    joined = after == (rows, b, a * c) and a != b and min(a, b) > 1
    last = after == (rows, b * c, a) and a not in (c, b * c) and min(a, b * c) > 1
    if not joined and not last:
        return False
    return not refined(before[1:], after[1:]) or (joined and _undoes(record, op))


def refined(before: Shape, after: Shape) -> bool:
    """Whether axes can be split so that both shapes are merges of neighbours among the parts."""
    cuts = sorted({math.prod(shape[k:]) for shape in (before, after) for k in range(len(shape))})
    return all(large % small == 0 for small, large in pairwise(cuts))


def _undoes(record: Record, op: Operation) -> bool:
    """Whether the same module split those heads off, (B, b, a·c) to (B, b, a, c), before.

    Queries, keys and values may have come as one: (B, b, 3·a·c) to (B, b, 3, a, c).
    """
    rows, a, b, c = op.input_shapes[0]
    return any(
        other.module == op.module
        and other.index < op.index
        and _splits(other.input_shapes[:1], other.shape, (rows, b), (a, c))
        for other in record.graph
    )


def _splits(given: tuple[Shape, ...], made: Shape, kept: Shape, heads: Shape) -> bool:
    """Whether a reshape split the last of three axes into heads, of one tensor or of several."""
    if not given or len(given[0]) != 3 or given[0][:2] != kept or made[:2] != kept:
        return False
    several, left = divmod(given[0][2], math.prod(heads))
    return left == 0 and made[2:] == (heads if several == 1 else (several, *heads))

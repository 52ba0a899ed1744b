# SPDX-License-Identifier: Apache-2.0
"""Reshapes that split heads off, or lay rows out anew, as only an axis that was moved first could.

A reshape cuts what lies in memory one number after the other: an axis of its result is a stretch of
that. Where the stretch ends amid the samples' axis and begins amid one sample, it holds numbers of
a few samples and of no other.
"""

from __future__ import annotations

import math
from itertools import pairwise

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import takers
from backprobe.signals.operations import MATRIX, SHAPES

COMPARED = MATRIX | {"einsum", "baddbmm", "scaled_dot_product_attention"}
"""Operations that compare all positions with all."""
BETWEEN = SHAPES | frozenset("div mul __truediv__ __mul__ normalize softmax".split())
DEPTH = 6


def crosses(op: Operation, rows: int) -> bool:
    """Whether an axis of the result holds parts of a few samples, whose axis lies in the middle.

    (T, B, E) to (B·H, T, E / H): rows that come first in the result are cut from the steps. What
    keeps whole samples together ((T·B, E), (T, B·H, E / H)) has no such axis.
    """
    before, after = op.input_shapes[0] if op.input_shapes else (), op.shape
    if before.count(rows) != 1 or rows < 2 or before[0] % rows == 0:
        return False
    at = before.index(rows)
    inner, whole = math.prod(before[at + 1 :]), math.prod(before[at:])
    if math.prod(before[:at]) < 2 or not all(after):
        return False
    cuts = [math.prod(after[k:]) for k in range(len(after) + 1)]
    if whole in cuts:
        return False  # groups of samples, of each step: as they lie side by side
    return any(low < inner < high and high % whole for high, low in pairwise(cuts))


def splits_heads(record: Record, op: Operation) -> bool:
    """Whether heads are split off ahead of the positions of each sample, which takes a transpose.

    (B, T, E) to (B, H, T, E / H) or (B·H, T, E / H), of which all positions are then compared.
    """
    before, after = op.input_shapes[0] if op.input_shapes else (), op.shape
    if len(before) != 3 or len(after) not in (3, 4) or min(before) < 2:
        return False
    heads = after[1] if len(after) == 4 else after[0] // before[0]
    ahead = (before[0], heads) if len(after) == 4 else (before[0] * heads,)
    if heads < 2 or heads == before[1] or after != (*ahead, before[1], before[2] // heads):
        return False
    return after[-1] > 1 and _compared(record, op)


def _compared(record: Record, op: Operation) -> bool:
    """Whether the result goes to a product of matrices, as queries and keys do."""
    reached = [op]
    for _ in range(DEPTH):
        following = [t for x in reached for t in takers(record).get(x.index, [])]
        if any(t.name in COMPARED for t in following):
            return True
        reached = [t for t in following if t.name in BETWEEN]
    return False

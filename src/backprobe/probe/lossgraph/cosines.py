# SPDX-License-Identifier: Apache-2.0
"""Scores that are cosines times one number, as contrastive losses make them."""

from __future__ import annotations

from typing import Any

from backprobe.probe.lossgraph.compared import LAID_OUT, MATRIX, norm_axes
from backprobe.probe.lossgraph.nodes import Readable, children, number_of, shape_of

KEEPS = ("MaskedFillBackward", "ViewBackward", "UnsafeViewBackward", "ToCopyBackward", "TBackward")
"""Nodes (by prefix) between scores and their softmax that leave them, or all but some, as is."""
DEPTH = 12


def cosine_scale(path: list[Any], readable: Readable) -> float | None:
    """What the cosines of a cross entropy's scores were multiplied by, where that is a number.

    Arguments:
        path: from the loss to the scores' last product.
        readable: whether the saved tensors of a node may be read.
    """
    at = next((i for i, n in enumerate(path) if n.name().startswith("LogSoftmaxBackward")), None)
    if at is None:
        return None
    scale = 1.0
    for node in path[at + 1 :]:
        name = node.name()
        if name.startswith(MATRIX):
            sides = [child for child, _ in node.next_functions[:2]]
            return scale if all(side is not None and _unit(side) for side in sides) else None
        if name.startswith(("MulBackward", "DivBackward")):
            factor = _number(node, readable)
            if factor is None:
                return None
            scale *= factor if name.startswith("Mul") else 1.0 / factor
        elif not name.startswith(KEEPS):
            return None
    return None


def _number(node: Any, readable: Readable) -> float | None:
    """What a result was multiplied or divided by; None where that is learnt, or no one number."""
    flows = [child for child, _ in node.next_functions if child is not None]
    if len(flows) != 1 or not readable(node):
        return None
    return number_of(node) or None


def _unit(node: Any) -> bool:
    """Whether the rows at a node are divided by their own norm, and by nothing else."""
    for _ in range(DEPTH):
        below, name = children(node), node.name()
        if name.startswith("DivBackward") and len(below) == 2:
            return len(shape_of(node)) == 2 and norm_axes(below[1]) in ((1,), (-1,))
        alike = name.startswith("CatBackward") and len(below) == len(node.next_functions)
        scaled = name.startswith(("MulBackward", "DivBackward"))
        if not below or scaled or not name.startswith(LAID_OUT) or (len(below) > 1 and not alike):
            return False
        if alike:
            return all(_unit(child) for child in below)
        node = below[0]
    return False

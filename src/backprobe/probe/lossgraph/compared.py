# SPDX-License-Identifier: Apache-2.0
"""Embeddings that were divided by their norm along one axis and compared along the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backprobe.probe.lossgraph.nodes import PARAMETRIC, children, shape_of, signed

NODES = 64
"""Looked at below the loss: temperatures, masks, and the two sides of a symmetric loss."""
DEPTH = 12
"""Nodes between a product and what it compares, and between that and its norm."""
MATRIX = ("MmBackward", "BmmBackward")
LAID_OUT = (
    "TBackward", "TransposeBackward", "PermuteBackward", "ViewBackward", "UnsafeViewBackward",
    "ReshapeAliasBackward", "UnsqueezeBackward", "SqueezeBackward", "ExpandBackward",
    "CatBackward", "IndexBackward", "IndexSelectBackward", "SliceBackward", "CloneBackward",
    "ToCopyBackward", "MulBackward", "DivBackward",
)  # fmt: skip
"""Nodes (by prefix) that leave a row's numbers beside each other, or all of them out."""
FLOORED = ("ExpandBackward", "Clamp", "AddBackward", "UnsqueezeBackward", "ViewBackward")
"""Nodes (by prefix) between a norm and what it divides."""


def normed_rows(root: Any) -> tuple[int, int] | None:
    """Rows and width of embeddings whose columns have norm one and whose rows are compared.

    A product along an axis compares directions where the norm ran along that axis too. Told by the
    axes' sizes, so not of a square; not of a product with a parameter, which learns any scale.
    """
    for product, contracted in _products(root):
        sides = [child for child, _ in product.next_functions if child is not None]
        normed = [_normed(side) for side in sides]
        if not normed or None in normed:
            continue
        (rows, width), *others = (found for found in normed if found is not None)
        apart = width == contracted != rows and min(rows, width) > 1
        if apart and all(other[1] == width for other in others):
            return rows, width
    return None


def _products(root: Any) -> Iterator[tuple[Any, int]]:
    """Products of two results above the last layers, and the size that each is summed over."""
    pending, seen = [root], set[Any]()
    while pending and len(seen) < NODES:
        node = pending.pop(0)
        if node in seen:
            continue
        seen.add(node)
        below = children(node)
        if node.name().startswith(MATRIX):
            first, second = (child for child, _ in node.next_functions[:2])
            size = shape_of(first)[-1:] if first is not None else shape_of(second)[-2:-1]
            if size:
                yield node, size[0]
        elif node.name().startswith("SumBackward1") and below:
            summed, shape = below[0], shape_of(below[0])
            dims = [signed(dim) for dim in node._saved_dim]
            if len(dims) == 1 and len(shape) == 2 and summed.name().startswith("MulBackward"):
                yield summed, shape[dims[0]]
        if not node.name().startswith(PARAMETRIC):
            pending += below


def _normed(node: Any) -> tuple[int, int] | None:
    """The shape of what was divided by its own norm over axis 0, at or below a node."""
    for _ in range(DEPTH):
        below = children(node)
        if not below:
            return None
        if node.name().startswith("DivBackward") and len(below) == 2:
            shape = shape_of(node)
            over_rows = len(shape) == 2 and norm_axes(below[1]) in ((0,), (-2,))
            return (shape[0], shape[1]) if over_rows else None
        alike = node.name().startswith("CatBackward")
        if not node.name().startswith(LAID_OUT) or (len(below) > 1 and not alike):
            return None
        node = below[0]
    return None


def norm_axes(node: Any) -> tuple[int, ...] | None:
    """The axes that an L2 norm at or below a node ran over."""
    for _ in range(DEPTH):
        name, below = node.name(), children(node)
        if name.startswith("LinalgVectorNormBackward") and node._saved_ord == 2:
            return tuple(signed(dim) for dim in node._saved_dim or ())
        if name.startswith("SqrtBackward") and below and below[0].name() == "SumBackward1":
            squares = children(below[0])[:1]
            if squares and getattr(squares[0], "_saved_exponent", 0) == 2:
                return tuple(signed(dim) for dim in below[0]._saved_dim)
        if not name.startswith(FLOORED) or len(below) != 1:
            return None
        node = below[0]
    return None

# SPDX-License-Identifier: Apache-2.0
"""Terms of each row that were spread to a table of all rows with all before they were reduced."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backprobe.probe.lossgraph.nodes import Readable, children, shape_of

REDUCED = ("MeanBackward0", "SumBackward0")
DEPTH = 6
"""Nodes looked at between the loss and its reduction."""
NODES = 24
"""Nodes looked at in the table: a clipped objective has two products under a minimum."""
ELEMENTWISE = (
    "NegBackward", "MinimumBackward", "MaximumBackward", "MulBackward", "DivBackward",
    "AddBackward", "SubBackward", "ClampBackward", "ExpBackward", "PowBackward", "AbsBackward",
    "ReluBackward", "ToCopyBackward", "CloneBackward",
)  # fmt: skip
"""Nodes (by prefix) that leave a table a table."""
PRODUCTS = ("MulBackward", "DivBackward")
PICKED = ("MinimumBackward", "MaximumBackward")

Shape = tuple[int, ...]


def spread(node: Any, readable: Readable) -> tuple[int, Shape] | None:
    """How many rows, and the shape of one of two terms of each row that met as a table.

    The sum of a table of products is the product of the sums: nobody reduces one on purpose, nor
    what is picked of two such, nor powers of e of all differences from what was given. A sum of
    two terms is left out, since its mean is that of the rows, and so is a table that anything made
    which has a number for each pair by itself, or a term that got its axis just before.
    """
    table = _reduced(node)
    made = () if table is None else shape_of(table)
    if len(made) != 2 or made[0] != made[1] or made[0] < 2:
        return None
    pending, met = [(table, False)], None
    for _ in range(NODES):
        if not pending:
            return met
        found, powers = pending.pop()
        if not found.name().startswith(ELEMENTWISE) or _paired(found, made, readable):
            return None
        tables = [child for child in children(found) if shape_of(child) == made]
        if tables:
            pending += [(child, found.name().startswith("ExpBackward")) for child in tables]
            continue
        given = _met(found, made[0], readable, powers)
        if given is None:
            return None
        met = met or (made[0], given)
    return None


def _met(node: Any, rows: int, readable: Readable, powers: bool) -> Shape | None:
    """The shape of the first of two terms of each row, (N,) and (N, 1), that meet in a node."""
    flat, column = (rows,), (rows, 1)
    below = children(node)
    shapes = [shape_of(child) for child in below]
    if not shapes or any(shape not in (flat, column) for shape in shapes):
        return None
    if any(_got_an_axis(child) for child in below):
        return None
    wanted = column if shapes[0] == flat else flat
    if len(shapes) == 2:
        both = shapes[1] == wanted and node.name().startswith((*PRODUCTS, *PICKED))
        return shapes[0] if both else None
    if powers and node.name().startswith(("SubBackward", "AddBackward")):
        return shapes[0]
    if not node.name().startswith((*PRODUCTS, *PICKED)) or not readable(node):
        return None
    return shapes[0] if wanted in _kept(node) else None


def _got_an_axis(node: Any) -> bool:
    """Whether a term was given its second axis on purpose."""
    name = node.name()
    if name.startswith(("UnsqueezeBackward", "ExpandBackward", "TBackward")):
        return True
    if name.startswith(("ViewBackward", "ReshapeAliasBackward", "UnsafeViewBackward")):
        return len(shape_of(node)) > len(node._saved_self_sym_sizes)
    return bool(getattr(node, "_saved_keepdim", False))


def _paired(node: Any, made: Shape, readable: Readable) -> bool:
    """Whether a table is multiplied by one that was given: a mask or a weight of each pair."""
    return node.name().startswith(PRODUCTS) and readable(node) and _given(node, made)


def _given(node: Any, made: Shape) -> bool:
    """Whether the factor of a product's only result has as many numbers as the table."""
    return len(children(node)) == 1 and made in _kept(node)


def _kept(node: Any) -> list[Shape]:
    """Shapes of what a node keeps."""
    kept = [getattr(node, name, None) for name in ("_saved_self", "_saved_other")]
    return [tuple(found.shape) for found in kept if isinstance(found, Tensor)]


def _reduced(node: Any) -> Any:
    """What is reduced to one number at or a few scalars below a node, or None."""
    for _ in range(DEPTH):
        below = children(node)
        if len(below) != 1:
            return None
        if node.name() in REDUCED:
            return below[0]
        if shape_of(node) != ():
            return None
        node = below[0]
    return None

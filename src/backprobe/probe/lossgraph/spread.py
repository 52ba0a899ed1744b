# SPDX-License-Identifier: Apache-2.0
"""Terms of each row that were spread to a table of all rows with all before they were reduced."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backprobe.probe.lossgraph.nodes import PARAMETRIC, Readable, children, shape_of

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
SUMS = ("AddBackward", "SubBackward")
GIVEN = 12
"""Nodes looked at in a term that may be made of given numbers and lone parameters alone."""

Shape = tuple[int, ...]


def spread(node: Any, readable: Readable) -> tuple[int, Shape] | None:
    """How many rows, and the shape of one of two terms of each row that met as a table.

    The sum of a table of products is the product of the sums: nobody reduces one on purpose, nor
    what is picked of two such, nor powers of e of all sums with what was given, alone or times a
    parameter (a likelihood's times). A sum of two terms is left out, since its mean is that of the
    rows; beside such a table it may be multiplied by a factor of each row. Left out, too, is a
    table that anything made which has a number for each pair by itself, or a term that got its
    axis just before.
    """
    table = _reduced(node)
    made = () if table is None else shape_of(table)
    if len(made) != 2 or made[0] != made[1] or made[0] < 2:
        return None
    pending: list[tuple[Any, str]] = [(table, "")]
    met = None
    for _ in range(NODES):
        if not pending:
            return met
        found, above = pending.pop()
        if not found.name().startswith(ELEMENTWISE) or paired(found, made, readable):
            return None
        tables = [child for child in children(found) if shape_of(child) == made]
        if tables:
            role = _role(found, made[0], readable, above)
            pending += [(child, role) for child in tables]
            continue
        given = _met(found, made[0], readable, above == "power")
        if given is not None:
            met = met or (made[0], given)
        elif above != "weighed" or not _row_sum(found, made[0], readable):
            return None
    return None


def _met(node: Any, rows: int, readable: Readable, powers: bool) -> Shape | None:
    """The shape of the first of two terms of each row, (N,) and (N, 1), that meet in a node."""
    flat, column = (rows,), (rows, 1)
    below = children(node)
    shapes = [shape_of(child) for child in below]
    if not shapes or any(shape not in (flat, column) for shape in shapes):
        return None
    if any(got_an_axis(child) for child in below):
        return None
    wanted = column if shapes[0] == flat else flat
    if len(shapes) == 2:
        if powers and _row_sum(node, rows, readable):
            return shapes[0] if shapes[1] == wanted else None
        both = shapes[1] == wanted and node.name().startswith((*PRODUCTS, *PICKED))
        return shapes[0] if both else None
    if powers and node.name().startswith(SUMS):
        return None if _learnt_beside(node) else shapes[0]
    if not node.name().startswith((*PRODUCTS, *PICKED)) or not readable(node):
        return None
    return shapes[0] if wanted in _kept(node) else None


def _role(node: Any, rows: int, readable: Readable, above: str) -> str:
    """What a node makes of the sums below it: "power" of e, "weighed" by a factor of each row."""
    if node.name().startswith("ExpBackward"):
        return "power"
    if node.name().startswith("NegBackward"):
        return above if above == "weighed" else ""
    weighs = node.name().startswith(PRODUCTS) and len(children(node)) == 1 and readable(node)
    return "weighed" if weighs and {(rows,), (rows, 1)} & set(_kept(node)) else ""


def _row_sum(node: Any, rows: int, readable: Readable) -> bool:
    """Whether a table is the sum of a layer's result of each row and of given numbers.

    Two results of layers may be compared with each other on purpose.
    """
    below, shapes = children(node), {(rows,), (rows, 1)}
    if not node.name().startswith(SUMS) or not {shape_of(child) for child in below} <= shapes:
        return False
    if any(got_an_axis(inner) for child in below for inner in _with_parts(child)):
        return False
    told = [child for child in below if _of_given(child, shapes, readable)]
    return len(below) - len(told) == 1 and len(below) in (1, 2)


def _learnt_beside(node: Any) -> bool:
    """Whether one of a sum's terms is a parameter of several numbers: a baseline of time's bins."""
    leaves = [c for c, _ in node.next_functions if c and c.name().endswith("AccumulateGrad")]
    return any(leaf.variable.numel() > 1 for leaf in leaves)


def _with_parts(node: Any) -> list[Any]:
    """A term and what it is made of, where no layer made it: that has its weights turned."""
    return [node] if node.name().startswith(PARAMETRIC) else [node, *children(node)]


def _of_given(node: Any, shapes: set[Shape], readable: Readable) -> bool:
    """Whether a term holds given numbers of each row, and besides them only single parameters."""
    pending, given = [node], False
    for _ in range(GIVEN):
        if not pending:
            return given
        found = pending.pop()
        if found.name().startswith(PARAMETRIC):
            return False
        if found.name().endswith("AccumulateGrad"):
            if found.variable.numel() > 1:
                return False
            continue
        below = [child for child, _ in found.next_functions]
        if None in below and found.name().startswith(PRODUCTS) and readable(found):
            given = given or bool(shapes & set(_kept(found)))
        pending += [child for child in below if child is not None]
    return False


def got_an_axis(node: Any) -> bool:
    """Whether a term was given its second axis on purpose."""
    name = node.name()
    if name.startswith(("UnsqueezeBackward", "ExpandBackward", "TBackward")):
        return True
    if name.startswith(("ViewBackward", "ReshapeAliasBackward", "UnsafeViewBackward")):
        return len(shape_of(node)) > len(node._saved_self_sym_sizes)
    return bool(getattr(node, "_saved_keepdim", False))


def paired(node: Any, made: Shape, readable: Readable) -> bool:
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

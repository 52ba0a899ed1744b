# SPDX-License-Identifier: Apache-2.0
"""Row losses that were spread to a table of all rows with all before they were reduced."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backprobe.probe.lossgraph.nodes import Readable, children, shape_of

REDUCED = ("MeanBackward0", "SumBackward0")
DEPTH = 6
"""Nodes looked at between the reduction and the product, and above it."""


def spread(node: Any, readable: Readable) -> tuple[int, tuple[int, ...]] | None:
    """How many rows, and the row losses' shape, where a factor of each row made them a table.

    The sum of a table of products is the product of the sums: nobody reduces one on purpose. Only
    a factor that is given (weights, returns) is told, and losses that got no axis just before.
    """
    table = _reduced(node)
    for _ in range(DEPTH):
        below = [] if table is None else children(table)
        if table is None or len(below) != 1:
            return None
        made, given = shape_of(table), shape_of(below[0])
        if len(made) != 2 or made[0] != made[1] or made[0] < 2:
            return None
        if given != made:
            break
        table = below[0]
    else:
        return None
    rows = made[0]
    if given not in ((rows,), (rows, 1)) or not readable(table):
        return None
    if not table.name().startswith(("MulBackward", "DivBackward")):
        return None
    if below[0].name().startswith("Unsqueeze"):
        return None  # given an axis on purpose
    kept = [getattr(table, name, None) for name in ("_saved_self", "_saved_other")]
    factors = [tuple(x.shape) for x in kept if isinstance(x, Tensor)]
    wanted = (rows, 1) if given == (rows,) else (rows,)
    return (rows, given) if wanted in factors else None


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

# SPDX-License-Identifier: Apache-2.0
"""Which columns of what a model puts out its loss reads: heads that are slices of one tensor."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from backprobe.probe.lossgraph.nodes import PARAMETRIC, children, signed

MOST = 400
"""Nodes between the loss and the layers that are looked at."""
Range = tuple[int, int]


def crossed(root: Any) -> dict[str, Any] | None:
    """Slices that share columns, of a tensor of which other columns are in no slice at all.

    Returns:
        `width`, the columns there are; `both`, two slices [from, to) that overlap; `unread`, the
        first columns [from, to) that nothing takes. None where all is read, or not only by slices.
    """
    taken: dict[Any, list[tuple[int, int, Range] | None]] = {}
    pending, count = [root], 0
    while pending and count < MOST:
        node = pending.pop()
        count += 1
        for child in children(node):
            if child not in taken and not child.name().startswith(PARAMETRIC):
                pending.append(child)
            taken.setdefault(child, []).append(_slice(node))
    if pending:
        return None
    for slices in taken.values():
        known = [one for one in slices if one is not None]
        if len(known) < len(slices) or len({one[:2] for one in known}) != 1:
            continue
        width, ranges = known[0][1], sorted({one[2] for one in known})
        both = next(((a, b) for a, b in combinations(ranges, 2) if b[0] < a[1]), None)
        unread = _rest(ranges, width)
        if both is not None and unread is not None:
            return {"width": width, "both": [list(one) for one in both], "unread": list(unread)}
    return None


def _slice(node: Any) -> tuple[int, int, Range] | None:
    """Axis, its size and the range that a node takes of it; None of other nodes, and of rows."""
    name = node.name()
    if name not in ("SliceBackward0", "SelectBackward0"):
        return None
    sizes = [int(size) for size in node._saved_self_sym_sizes]
    axis = signed(node._saved_dim) % len(sizes)
    if axis == 0:
        return None
    size = sizes[axis]
    if name == "SelectBackward0":
        at = signed(node._saved_index) % size
        return axis, size, (at, at + 1)
    if int(node._saved_step) != 1:
        return None
    start, end = node._saved_start, node._saved_end
    first = 0 if start is None else _place(signed(start), size)
    last = size if end is None else _place(signed(end), size)
    return axis, size, (first, last)


def _place(index: int, size: int) -> int:
    return min(max(index + size if index < 0 else index, 0), size)


def _rest(ranges: list[Range], width: int) -> Range | None:
    """The first columns that no range holds."""
    at = 0
    for first, last in ranges:
        if first > at:
            return at, first
        at = max(at, last)
    return (at, width) if at < width else None

# SPDX-License-Identifier: Apache-2.0
"""Summands of a loss that compare a result of each row with the targets of all rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from backprobe.probe.lossgraph.nodes import LOSSES, Readable, children, loss_below, shape_of
from backprobe.probe.lossgraph.spread import got_an_axis, paired

ERRORS = frozenset({"mse", "smooth_l1", "huber"})
"""Losses of torch that broadcast what they are given before they compare it."""
REDUCED = ("MeanBackward0", "SumBackward0")
NODES = 16
"""Nodes looked at in the table of a summand: a clipped value loss has two squares."""
ELEMENTWISE = (
    "PowBackward", "AbsBackward", "MulBackward", "DivBackward", "MaximumBackward",
    "MinimumBackward", "NegBackward", "ToCopyBackward", "CloneBackward",
)  # fmt: skip

Shape = tuple[int, ...]


def spread_differences(terms: Iterable[Any], readable: Readable) -> tuple[int, Shape] | None:
    """How many rows, and the shape of the result of each that was compared with every row's target.

    Two results that are compared with each other, and one that was given its axis just before, are
    so on purpose: then another summand may be as well (an energy distance), and the shape is ().

    Arguments:
        terms: the summands' nodes.
        readable: whether the saved tensors of a node may be read.
    """
    found = None
    for term in terms:
        for compared in _compared(term, readable):
            sides = [child for child, _ in compared.next_functions if child is not None]
            made = shape_of(compared) or shape_of(sides[0])
            if len(made) != 2 or made[0] != made[1] or made[0] < 2:
                continue
            below = _unexpanded(sides[0]) if len(sides) == 1 else None
            if below is None or got_an_axis(below):
                return made[0], ()
            if shape_of(below) in ((made[0],), (made[0], 1)):
                found = found or (made[0], shape_of(below))
    return found


def _unexpanded(node: Any) -> Any:
    """What was stretched, as torch's own losses do to what they compare; None for a leaf."""
    if node.name().startswith("ExpandBackward"):
        node = next(iter(children(node)), None)
    return None if node is None or node.name().endswith("AccumulateGrad") else node


def _compared(term: Any, readable: Readable) -> list[Any]:
    """The nodes that take a difference in a summand: torch's own losses, or subtractions."""
    loss = loss_below(term)
    if loss is not None:
        return [loss] if LOSSES[loss.name()] in ERRORS and children(loss) else []
    if term.name() == "NegBackward0":
        term = next(iter(children(term)), term)
    if term.name() not in REDUCED:
        return []
    pending, found = children(term), []
    for _ in range(NODES):
        if not pending:
            break
        node = pending.pop()
        if node.name().startswith("SubBackward"):
            found.append(node)
        elif node.name().startswith(ELEMENTWISE) and not paired(node, shape_of(node), readable):
            pending += dict.fromkeys(children(node))
    return found

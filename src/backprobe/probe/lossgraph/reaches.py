# SPDX-License-Identifier: Apache-2.0
"""Which parameters each summand of a loss trains, where one trains none of the others' own."""

from __future__ import annotations

from typing import Any

from torch.nn import Parameter

from backprobe.probe.lossgraph.nodes import LOSSES, loss_below

MOST_TERMS = 6
MOST_NODES = 6000
"""Of all summands' graphs together."""


def apart(terms: list[tuple[Any, float]]) -> list[dict[str, Any]]:
    """The summands, of which one shares no parameter with any other; none where all do.

    Each has its `scale`, the `kind` of its error ("" where torch has no node for it), `parameters`
    and `alone`: whether it shares none of them.

    Arguments:
        terms: node and factor of each summand.
    """
    if not 1 < len(terms) <= MOST_TERMS:
        return []
    found: list[list[Parameter]] = []
    left = MOST_NODES
    for node, _ in terms:
        trained, left = _reached(node, left)
        if left <= 0:
            return []
        found.append(trained)
    told = []
    for at, (node, scale) in enumerate(terms):
        others = {id(p) for i, each in enumerate(found) if i != at for p in each}
        loss = loss_below(node)
        told.append(
            {
                "scale": scale,
                "kind": "" if loss is None else LOSSES[loss.name()],
                "parameters": found[at],
                "alone": bool(found[at]) and not any(id(p) in others for p in found[at]),
            }
        )
    return told if any(each["alone"] for each in told) else []


def _reached(root: Any, left: int) -> tuple[list[Parameter], int]:
    """The parameters that a gradient from a node gets to, and how many nodes are left to walk."""
    seen: set[Any] = set()
    pending = [root]
    found = []
    while pending and left > 0:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        left -= 1
        variable = getattr(node, "variable", None)
        if isinstance(variable, Parameter):
            found.append(variable)
        pending += [child for child, _ in node.next_functions]
    return found, left

# SPDX-License-Identifier: Apache-2.0
"""Whether a loss is a root, or another function, of the mean of what is lost: an RMSE."""

from __future__ import annotations

from typing import Any, Literal

from backprobe.probe.lossgraph.nodes import CHOOSING, LOSSES, PARAMETRIC, children

BENDS = ("LogBackward", "Log1PBackward", "Log2Backward", "Log10Backward", "ExpBackward")
MOST_NODES = 12

Rooted = Literal["", "mean", "other"]


def rooted(node: Any) -> Rooted:
    """`mean`: the square root of a mean; `other`: another function of a mean or sum, a root
    of sums, or a choice of the largest; "" where what is lost is only added up and scaled.

    Arguments:
        node: the one summand of a loss, whose kind is known.
    """
    found: Rooted = ""
    averaged = powered = False
    for _ in range(MOST_NODES):
        name, below = node.name(), children(node)
        if name in LOSSES:
            whole = getattr(node, "_saved_reduction", 1) == 1
            plain = found == "" or averaged or whole
            return found if plain and not powered else "other"
        if name.startswith(("SubBackward", *PARAMETRIC)) or len(below) != 1:
            break
        if name.startswith("SqrtBackward") or _power(node) == 0.5:
            if found or averaged:
                return "other"
            found = "mean"
        elif name.startswith((*BENDS, *CHOOSING)):
            return "other"
        elif name.startswith("PowBackward"):
            powered = True  # of a loss; an error is squared
        elif name.startswith("MeanBackward0"):
            averaged = True
        elif name.startswith(("SumBackward", "MeanBackward")) and found:
            return "other"
        node = below[0]
    return "other" if found and not averaged else found


def _power(node: Any) -> float:
    """The exponent that a node raises to; 1 for others."""
    if not node.name().startswith("PowBackward"):
        return 1.0
    exponent = getattr(node, "_saved_exponent", 1.0)
    return float(exponent) if isinstance(exponent, (int, float)) else 1.0

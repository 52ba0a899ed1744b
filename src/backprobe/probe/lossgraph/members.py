# SPDX-License-Identifier: Apache-2.0
"""Predictions laid beside each other before their loss: an ensemble's, or those of several heads.

A path through the graph follows one of them. Where all left the same activation, what bounds that
one bounds all, and what it was compared with tells where the targets lie.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backprobe.probe.lossgraph.nodes import (
    ACTIVATIONS,
    PARAMETRIC,
    Readable,
    children,
    shape_of,
    signed,
)

JOINS = ("StackBackward", "CatBackward")
OWN_ENDS = ("Clamp", "Hardtanh")
"""Nodes (by prefix) of which two may have different ends."""
RESHAPES = ("ViewBackward", "UnsafeViewBackward", "SqueezeBackward", "UnsqueezeBackward")
"""Nodes (by prefix) that keep the numbers' order."""


def joined(path: list[Any]) -> Any:
    """The node that joins at least two results of one activation, nearest the loss, or None."""
    for node in path:
        if node.name().startswith(PARAMETRIC):
            return None
        if node.name().startswith(JOINS):
            below = children(node)
            whole = len(below) == len(node.next_functions) > 1  # no part that was given
            names = {_activation(child).name() for child in below}
            (name,) = names if len(names) == 1 else ("",)
            bounded = name in ACTIVATIONS and not name.startswith(OWN_ENDS)
            return node if whole and bounded else None
    return None


def targets_of_first(
    path: list[Any], join: Any, difference: Tensor, sign: float, readable: Readable
) -> Tensor | None:
    """What the first of joined predictions was compared with; None where it is not to be known.

    Arguments:
        path: from the loss to the last layer.
        join: the node that joins them.
        difference: of all predictions and their targets.
        sign: 1 where the target was taken from the prediction, -1 the other way round.
        readable: whether the saved tensors of a node may be read.
    """
    above = path[path.index(join) - 1] if join in path[1:] else None
    if above is None or not above.name().startswith("SubBackward"):
        return None
    first = children(join)[0]
    made = _activation(first)
    result = getattr(made, "_saved_result", None) if readable(made) else None
    shape = shape_of(first)
    axis = signed(join._saved_dim)
    if result is None or difference.shape != shape_of(join) or result.numel() < 1:
        return None
    with torch.no_grad():
        prediction = result.detach().reshape(shape)
        if join.name().startswith("Stack"):
            apart = difference.detach().select(axis, 0)
        else:
            apart = difference.detach().narrow(axis, 0, shape[axis])
        return prediction - sign * apart if prediction.shape == apart.shape else None


def _activation(node: Any) -> Any:
    """The node under reshapes."""
    for _ in range(4):
        below = children(node)
        if not node.name().startswith(RESHAPES) or len(below) != 1:
            break
        node = below[0]
    return node

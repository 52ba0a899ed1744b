# SPDX-License-Identifier: Apache-2.0
"""Quantile levels that weigh all differences of some predictions and some targets of a row.

The pinball loss weighs a difference of prediction n and target m by τ_n where the target is above
and by 1 − τ_n where it is below: the level is the prediction's (Koenker & Bassett, 1978; Dabney et
al., "Distributional reinforcement learning with quantile regression", 1710.10044, eq. 9-10).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backprobe.probe.lossgraph.nodes import Readable, descend, shape_of

ROWS = 8
MOST = 1 << 16
"""Weights of more differences are not looked at."""
APART = 1e-3


def weights_of_all(first: Any, readable: Readable) -> tuple[Tensor, int] | None:
    """The factors [rows, n, m] of such differences, and the axis, 1 or 2, of the predictions.

    Arguments:
        first: the node of the first summand.
        readable: whether the saved tensors of a node may be read.
    """
    path = list(descend(first))
    at = next((i for i, n in enumerate(path) if n.name().startswith("MulBackward")), None)
    if at is None or not readable(path[at]):
        return None
    made, flows = shape_of(path[at]), [c is not None for c, _ in path[at].next_functions]
    if len(made) != 3 or sum(flows) != 1 or min(made[1:]) < 2:
        return None
    given = getattr(path[at], "_saved_other" if flows[0] else "_saved_self", None)
    if not isinstance(given, Tensor) or tuple(given.shape) != made:
        return None
    under = next((s for n in path[at + 1 :] if (s := shape_of(n)) != made), ())
    ones = [axis for axis in (1, 2) if len(under) == 3 and under[axis] == 1]
    if len(ones) != 1 or under[0] != made[0] or under[3 - ones[0]] != made[3 - ones[0]]:
        return None
    rows = given.detach()[:ROWS]
    return (rows, 3 - ones[0]) if rows.numel() <= MOST else None


def levels_of_targets(weights: Tensor, axis: int) -> Tensor:
    """[4]: whether each target has a level of its own that all predictions share.

    How far the lesser of τ and 1 − τ differs over the predictions at most and over the targets, the
    share of targets that have both, and the largest weight. 0, much, much, at most 1: it is so.

    Arguments:
        weights: [rows, n, m], of either sign.
        axis: of the predictions, 1 or 2.
    """
    size = weights.abs().movedim(axis, -1).float()
    level = torch.minimum(size, 1.0 - size)
    over = level.amax(-1) - level.amin(-1)
    both = (size.amax(-1) - size.amin(-1) > APART).float().mean()
    return torch.stack([over.max(), level.max() - level.min(), both, size.max()])

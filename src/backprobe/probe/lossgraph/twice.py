# SPDX-License-Identifier: Apache-2.0
"""Scores that were made shares by a softmax and then are taken for scores once more."""

from __future__ import annotations

from collections import deque
from typing import Any

from backprobe.probe.lossgraph.nodes import PARAMETRIC, children, shape_of, signed

NODES = 150
"""Nodes looked at above the layers: a policy's loss with its entropy has about thirty."""
SHAPING = (
    "ViewBackward", "UnsafeViewBackward", "ReshapeAliasBackward", "SqueezeBackward",
    "UnsqueezeBackward", "TransposeBackward", "PermuteBackward", "CloneBackward",
    "AliasBackward", "ToCopyBackward", "ExpandBackward",
)  # fmt: skip
"""Nodes (by prefix) that leave all shares as they are."""


def shares_taken_for_scores(root: Any) -> int:
    """Over how many classes a softmax's result is normalised by e to its power again; 0: none is.

    In any term of a loss, as `log_softmax` does it or, as `Categorical(logits=...)`, by what their
    powers add up to. Shares of one axis that are scores of another are left out.

    Arguments:
        root: the `grad_fn` of what `backward` is called on.
    """
    pending, seen = deque([root]), {root}
    while pending and len(seen) <= NODES:
        node = pending.popleft()
        name = node.name()
        if name.startswith(PARAMETRIC):
            continue
        below = children(node)
        if name.startswith("LogSoftmaxBackward") and below:
            found = _classes(below[0], signed(node._saved_dim))
        else:
            found = _less_their_total(name, below)
        if found:
            return found
        fresh = [child for child in below if child not in seen]
        seen.update(fresh)
        pending.extend(fresh)
    return 0


def _less_their_total(name: str, below: list[Any]) -> int:
    """The classes of `scores - scores.logsumexp(dim)` whose scores a softmax gave."""
    if not name.startswith("SubBackward") or len(below) != 2:
        return 0
    scores, total = below
    axes: Any = getattr(total, "_saved_dim", ())
    if not total.name().startswith("LogsumexpBackward") or scores not in children(total):
        return 0
    return _classes(scores, signed(axes[0])) if len(axes) == 1 else 0


def _classes(node: Any, axis: int) -> int:
    """The size of an axis of what a node gave where a softmax over that axis made it, else 0."""
    shape = shape_of(node)
    for _ in range(6):
        if not node.name().startswith(SHAPING):
            break
        below = children(node)
        if len(below) != 1:
            return 0
        node = below[0]
    made = shape_of(node)
    if not node.name().startswith("SoftmaxBackward") or not made or not shape:
        return 0
    own = signed(node._saved_dim)
    if made == shape and own % len(made) != axis % len(shape):
        return 0
    size = made[own % len(made)]
    return size if size > 1 and shape[axis % len(shape)] == size else 0

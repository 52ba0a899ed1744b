# SPDX-License-Identifier: Apache-2.0
"""Comparisons whose two sides are one and the same result: a view that is given twice."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backprobe.probe.lossgraph.compared import MATRIX, norm_axes
from backprobe.probe.lossgraph.nodes import PARAMETRIC, Readable, children, shape_of

NODES = 150
"""Looked at above the layers of each summand."""
DEPTH = 12
MOVED = (
    "TBackward", "TransposeBackward", "PermuteBackward", "ViewBackward", "UnsafeViewBackward",
    "ReshapeAliasBackward", "UnsqueezeBackward", "SqueezeBackward", "CloneBackward",
    "AliasBackward", "ToCopyBackward",
)  # fmt: skip
"""Nodes (by prefix) that leave all numbers as they are."""
SCALED = ("MulBackward", "DivBackward", "TBackward", "ViewBackward", "ToCopyBackward",
          "UnsafeViewBackward", "ReshapeAliasBackward", "PermuteBackward")  # fmt: skip
"""Nodes (by prefix) between the scores and the product that are left where nothing is masked."""
_Edge = tuple[Any, int]


def compared_with_itself(
    terms: list[Any], readable: Readable
) -> tuple[str, tuple[Tensor, ...]] | None:
    """How every summand of a loss compares a result with itself, and what has to hold for it.

    "scores": a softmax over the similarities of a batch's rows with just the same rows; it is one
    where each row's right answer is its own number, so that the row is to be most like itself. A
    row's similarity to itself is not masked then. "difference" and "cosine": of a result and
    itself, which are 0 and 1 whatever it is.

    Arguments:
        terms: the summands' nodes.
        readable: whether the saved tensors of a node may be read.

    Returns:
        The way and, of "scores", the targets that each have to be the row's number.
    """
    targets: list[Tensor] = []
    ways = []
    for term in terms:
        target = _own_scores(term, readable)
        if target is not None:
            targets.append(target)
        ways.append("scores" if target is not None else _constant(term))
    if not ways or "" in ways:
        return None
    return ways[0], tuple(targets)


def _own_scores(term: Any, readable: Readable) -> Tensor | None:
    """The targets of a cross entropy over products of a result with itself, else None."""
    node = term
    for _ in range(DEPTH):
        if node.name().startswith("NllLossBackward"):
            break
        below = children(node)
        if len(below) != 1:
            return None
        node = below[0]
    else:
        return None
    if not readable(node):
        return None
    target: Any = node._saved_target
    below = children(node)
    if not below or not below[0].name().startswith("LogSoftmaxBackward"):
        return None
    shape = shape_of(below[0])
    node = below[0]
    if type(target) is not Tensor or len(shape) != 2 or shape[0] != shape[1] or shape[0] < 2:
        return None
    for _ in range(DEPTH):
        below = children(node)
        if not below:
            return None
        node = below[0]
        if node.name().startswith(MATRIX):
            sides = [_origin(edge) for edge in node.next_functions[:2]]
            return target if sides[0] is not None and sides[0] == sides[1] else None
        if not node.name().startswith(SCALED):
            return None
        if len(children(node)) > 1 and shape_of(children(node)[1]) not in ((), (1,)):
            return None
    return None


def _constant(term: Any) -> str:
    """How a summand compares a result with itself to no effect, "" where it does not."""
    pending, seen = [term], {term}
    while pending and len(seen) <= NODES:
        node = pending.pop(0)
        name = node.name()
        if name.startswith(PARAMETRIC):
            continue
        edges = node.next_functions[:2]
        both = len(edges) == 2 and None not in (edges[0][0], edges[1][0])
        large = shape_of(node) not in ((), (1,)) or name.startswith(("Mse", "SmoothL1", "Huber"))
        if both and large and edges[0] == edges[1] and not _leaf(edges[0]):
            if name.startswith(("SubBackward", "MseLoss", "SmoothL1Loss", "HuberLoss")):
                return "difference"
        elif both and name.startswith("MulBackward") and _by_norms(edges):
            return "cosine"
        fresh = [child for child in children(node) if child not in seen]
        seen.update(fresh)
        pending += fresh
    return ""


def _by_norms(edges: tuple[_Edge, ...]) -> bool:
    """Whether two factors are one and the same result, each divided by a norm of its own."""
    bases = []
    for node, _ in edges:
        below = children(node)
        if not node.name().startswith("DivBackward") or len(below) != 2 or _leaf((node, 0)):
            return False
        norm = children(below[1])[:1] if below[1].name() == "CloneBackward0" else below[1:]
        if not norm or norm_axes(norm[0]) is None:
            return False
        bases.append(node.next_functions[0])
    return bool(bases[0] == bases[1]) and edges[0] != edges[1]


def _origin(edge: _Edge) -> _Edge | None:
    """The result that a side of a product is, laid out otherwise; None of a weight."""
    for _ in range(DEPTH):
        node, _ = edge
        if node is None or _leaf(edge):
            return None
        normed = node.name().startswith("DivBackward") and len(children(node)) == 2
        normed = normed and norm_axes(children(node)[1]) is not None
        if not normed and not node.name().startswith(MOVED):
            return edge
        edge = node.next_functions[0]
    return None


def _leaf(edge: _Edge) -> bool:
    return bool(edge[0].name().endswith("AccumulateGrad"))

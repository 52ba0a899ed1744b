# SPDX-License-Identifier: Apache-2.0
"""What a loss is a sum of, and what it was multiplied by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from backprobe.probe.lossgraph.nodes import (
    LOSSES,
    PARAMETRIC,
    REDUCTIONS,
    SINK,
    Readable,
    children,
    descend,
    loss_below,
    number_of,
    shape_of,
    signed,
)


def own(root: Any) -> Any:
    """The root, or where it is DDP's own node the first scalar that went through it: the loss."""
    if root.name() != SINK:
        return root
    passed = [child for child, _ in root.next_functions if child is not None]
    return next((child for child in passed if shape_of(child) == ()), root)


def unscaled(node: Any, readable: Readable) -> tuple[Any, float]:
    """The node under multiplications by a scalar (AMP, accumulation), and their product."""
    scale = 1.0
    for _ in range(8):
        name = node.name()
        below = children(node)
        if len(below) != 1:
            break
        if name.startswith(("MulBackward", "DivBackward")) and readable(node):
            other: Any = getattr(node, "_saved_other", None)  # a tensor, or a plain number
            number = isinstance(other, (int, float))
            scalar = number or (isinstance(other, Tensor) and other.numel() == 1)
            if not scalar or shape_of(below[0]) not in ((), (1,)):
                break
            if number or other.device.type == "cpu":
                value = float(other if number else other.detach())
                if value == 0:
                    break
                scale *= value if name.startswith("Mul") else 1 / value
        elif not name.startswith(
            ("NegBackward", "ToCopyBackward", "AliasBackward", "CloneBackward")
        ):
            break
        elif name.startswith("NegBackward"):
            if loss_below(node) is None:
                break
            scale = -scale
        node = below[0]
    return node, scale


def summands(node: Any, readable: Readable, scale: float = 1.0) -> Iterator[tuple[Any, float]]:
    """The summands of a loss, each with its factor's size."""
    name = node.name()
    if name.startswith(("AddBackward", "SubBackward")) and shape_of(node) in ((), (1,)):
        for child in children(node):
            below, factor = unscaled(child, readable)
            yield from summands(below, readable, scale * abs(factor))
    elif name.startswith("StackBackward"):
        for child in children(node):
            yield from summands(child, readable, scale)
    else:
        yield node, scale


def reduced(node: Any, scale: float, readable: Readable) -> dict[str, Any] | None:
    """How a summand became one number: `reduction`, the `shape` reduced, `scale`; None unknown.

    Of a loss that torch computes in one node its `kind` besides; `classes`: the axis of `shape`
    over which the numbers are one answer, picked from or weighed by shares that add up to 1.
    A sum of parameters' own squares has `squares_of` besides: the shapes of the parameters. A mean
    over rows of what was summed over each has `row_sums`: the shape that was summed, and its scale.
    """
    squared = _squared(node)
    if squared is not None:
        mean, shapes = squared
        reduction = "mean" if mean else "sum"
        return {"reduction": reduction, "shape": shapes[0], "scale": scale, "squares_of": shapes}
    loss = loss_below(node)
    kind = ""
    sizes = getattr(node, "_saved_self_sym_sizes", None)
    rows = _row_sums(node, scale, readable)
    if loss is not None:
        reduction = REDUCTIONS.get(getattr(loss, "_saved_reduction", 1), "")
        below = children(loss)
        shape = list(shape_of(below[0])) if below else []
        kind = LOSSES[loss.name()]
    elif node.name() in ("SumBackward0", "MeanBackward0") and sizes is not None:
        reduction = node.name().removesuffix("Backward0").lower()
        shape = [int(size) for size in sizes]
    elif rows is not None:
        reduction, shape = "mean", rows[0][:1]
    else:
        return None
    told: dict[str, Any] = {"reduction": reduction, "shape": shape, "scale": scale}
    if rows is not None:
        told["row_sums"], told["row_scale"] = rows
    axis = _classes(node, shape, kind)
    if axis is not None:
        told["classes"] = axis
    return {**told, "kind": kind} if kind else told


def _row_sums(mean: Any, scale: float, readable: Readable) -> tuple[list[int], float] | None:
    """The shape of what was summed over each row before a mean, and what each number counts."""
    node, averaged = mean, False
    for _ in range(6):
        name, below = node.name(), children(node)
        if name.startswith("MeanBackward") and shape_of(node) == () and not averaged:
            averaged = True
        elif name == "SumBackward1" and averaged:
            shape = [int(size) for size in node._saved_self_sym_sizes]
            summed = {signed(dim) % len(shape) for dim in node._saved_dim}
            if len(shape) < 2 or summed != set(range(1, len(shape))):
                return None
            if _of_shares(node):
                return None  # one answer a row
            return shape, scale / shape[0]
        elif name.startswith("MulBackward") and len(below) == 1 and readable(node):
            factor = number_of(node)
            if factor is None:
                return None
            scale *= abs(factor)
        elif not name.startswith(("NegBackward", "ToCopyBackward")):
            return None
        if not below:
            return None
        node = below[0]
    return None


def _of_shares(summed: Any) -> bool:
    """Whether shares of classes are among the factors and terms of what is summed."""
    pending = children(summed)
    for _ in range(8):
        if not pending:
            break
        node = pending.pop(0)
        if node.name().startswith(("LogSoftmax", "Softmax")):
            return True
        if not node.name().startswith(PARAMETRIC):
            pending += children(node)
    return False


def _classes(node: Any, shape: list[int], kind: str) -> int | None:
    """The axis of the classes: `nll_loss`'s own, else that of the softmax whose logarithm it is."""
    if not shape or kind:
        return min(1, len(shape) - 1) if shape and kind == "nll" else None
    above = ""
    for below in descend(node):
        name = below.name()
        if name.startswith("PowBackward"):
            return None
        log = name.startswith("LogSoftmax")
        if log or (name.startswith("Softmax") and above.startswith("LogBackward")):
            same = list(shape_of(below)) == shape
            return signed(below._saved_dim) % len(shape) if same else None
        above = name
    return None


def _squared(node: Any) -> tuple[bool, list[list[int]]] | None:
    """Of a sum of parameters' squares, or a squared norm: whether a mean, and their shapes."""
    name = node.name()
    below = node.next_functions[0][0] if node.next_functions else None
    if below is None:
        return None
    norm = name.startswith("PowBackward") and below.name().startswith(("LinalgVectorNorm", "Norm"))
    if norm and getattr(node, "_saved_exponent", 0) == 2 and getattr(below, "_saved_ord", 2) == 2:
        shapes = _leaves(below.next_functions[0][0])
        return (False, shapes) if shapes else None
    if not name.startswith(("SumBackward", "MeanBackward")):
        return None
    inputs = [child for child, _ in below.next_functions]
    by_itself = below.name().startswith("MulBackward") and len(inputs) == 2
    squares = (by_itself and inputs[0] is inputs[1]) or (
        below.name().startswith("PowBackward") and getattr(below, "_saved_exponent", 0) == 2
    )
    shapes = _leaves(inputs[0]) if squares else []
    return (name.startswith("Mean"), shapes) if shapes else None


def _leaves(node: Any) -> list[list[int]]:
    """Shapes of the parameters that a node is, laid flat, end to end; empty for others."""
    if node is None:
        return []
    if node.name().endswith("AccumulateGrad"):
        return [[int(size) for size in node.variable.shape]]
    if node.name().startswith(("ViewBackward", "UnsafeViewBackward", "ReshapeAlias")):
        return _leaves(node.next_functions[0][0])
    if node.name().startswith("CatBackward"):
        parts = [_leaves(child) for child, _ in node.next_functions]
        return [shape for part in parts for shape in part] if all(parts) else []
    return []

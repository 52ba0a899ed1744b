# SPDX-License-Identifier: Apache-2.0
"""What one number of a table of errors counts in the loss: of means of sums, and sums of means.

`(error**2).sum(1).mean()` counts each number once a row, `torch.norm(error) ** 2 / rows` as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from backprobe.probe.host import near
from backprobe.probe.lossgraph.nodes import (
    LOSSES,
    PARAMETRIC,
    Readable,
    children,
    loss_below,
    number_of,
    shape_of,
    signed,
)
from backprobe.probe.lossgraph.reading import LossReading

PASSED = (
    "ViewBackward", "UnsafeViewBackward", "ReshapeAlias", "SqueezeBackward", "UnsqueezeBackward",
    "CloneBackward", "AliasBackward", "ToCopyBackward", "TransposeBackward", "PermuteBackward",
    "TBackward", "NegBackward", "AbsBackward",
)  # fmt: skip
"""Nodes that change no number's size."""
MOST_NODES = 16
WRITTEN = ("mse", "l1", "cross_entropy")
"""Kinds whose numbers are found below what a script wrote out."""


@dataclass(frozen=True)
class Weights:
    """What numbers are multiplied by before they are added up.

    Arguments:
        mean: of all of them; None where a device holds them, or one is negative.
        masks: whether all are 0 or 1.
        averaged: whether a mean is taken of the products, not a sum that the weights may divide.
        summed: whether they are added up over each row before.
    """

    mean: float | None
    masks: bool
    averaged: bool
    summed: bool = False


def weights_of(node: Any, reading: LossReading, readable: Readable) -> Weights | None:
    """What is lost of each number is multiplied by; None where nothing is.

    What multiplies the logarithms of all classes are shares of theirs, not weights.

    Arguments:
        node, reading: as in `weight_of_each`.
    """
    shares = tuple(reading.output_shape) if loss_below(node) is None else ()
    averaged = summed = False
    for _ in range(MOST_NODES):
        name, below = node.name(), children(node)
        if name in LOSSES or name.startswith(("SubBackward", *PARAMETRIC)) or len(below) != 1:
            return None
        averaged = averaged or name.startswith("MeanBackward")
        summed = summed or name.startswith("SumBackward")
        if name.startswith("MulBackward") and readable(node) and number_of(node) is None:
            flows = [child is not None for child, _ in node.next_functions]
            given = getattr(node, "_saved_other" if flows[0] else "_saved_self", None)
            if isinstance(given, Tensor) and given.numel() > 1:
                if reading.kind == "cross_entropy" and tuple(given.shape) == shares:
                    return None
                return replace(_told(given.detach(), averaged), summed=summed)
        node = below[0]
    return None


def _told(given: Tensor, averaged: bool) -> Weights:
    if not near(given):
        return Weights(None, masks=True, averaged=averaged)  # a device is not waited for
    masks = given.dtype == torch.bool or not bool(((given != 0) & (given != 1)).any())
    least, mean = (float(value) for value in (given.min(), given.float().mean()))
    return Weights(mean if least >= 0.0 and mean > 0.0 else None, masks, averaged)


@dataclass(frozen=True)
class Each:
    """What one number counts.

    Arguments:
        weight: the loss over the sum of all numbers, above 0.
        count: so many numbers there are, by the weights of their classes.
        averaged: whether a mean was taken over the rows, not a sum.
    """

    weight: float
    count: float
    averaged: bool


def weight_of_each(node: Any, reading: LossReading, readable: Readable) -> Each | None:
    """What each number counts in a summand; None where they count unlike, or that is not known.

    Arguments:
        node: the summand, below what it was multiplied by.
        reading: what is known of it: a built-in loss that torch did not reduce, or a kind of those
            that a script writes out.
    """
    built_in = loss_below(node)
    if built_in is not None and reading.reduction != "none":
        return None
    if built_in is None and reading.kind not in WRITTEN:
        return None
    weight, power, averaged, reduced = 1.0, 1.0, False, False
    for _ in range(MOST_NODES):
        name, below = node.name(), children(node)
        if _is_error(node, built_in, reading):
            count = counted(reading, math.prod(shape_of(node)) if shape_of(node) else 0)
            return Each(weight, count, averaged) if reduced and count > 0 else None
        if not below or not readable(node):
            return None
        if name.startswith(("MeanBackward", "SumBackward")):
            sizes, dims = _reduced(node)
            reduced = True
            if power != 1.0:
                return None  # a function of a sum
            if name.startswith("Mean"):
                weight /= max(1, math.prod(sizes[d] for d in dims))
            if 0 in dims:
                averaged = name.startswith("Mean")
        elif name.startswith("PowBackward") and getattr(node, "_saved_exponent", 0) == 2:
            if below[0].name().startswith(("LinalgVectorNorm", "NormBackward")):
                if power != 1.0:
                    return None
                norm = _euclidean(below[0])
                if norm is None:
                    return None
                averaged, reduced = averaged and norm != "all", True
                below = children(below[0])
            power *= 2.0
        elif name.startswith("MulBackward") and len(below) == 2 and below[0] is below[1]:
            power *= 2.0
        elif name.startswith("SqrtBackward"):
            power *= 0.5
        elif name.startswith(("MulBackward", "DivBackward")) and len(below) == 1:
            factor = number_of(node)
            if factor is None or factor == 0.0:
                return None
            weight *= abs(factor if name.startswith("Mul") else 1.0 / factor) ** power
        elif not name.startswith((*PASSED, "AddBackward")) or len(below) != 1:
            return None
        node = below[0]
    return None


def counted(reading: LossReading, count: float) -> float:
    """The answers of a built-in loss by the weights of their classes, as far as the CPU has them.

    Arguments:
        count: how many answers there are.
    """
    weights, target = reading.class_weights, reading.target
    if reading.kind not in ("cross_entropy", "nll") or weights is None or target is None:
        return count
    if target.is_floating_point() or not (near(weights) and near(target)):
        return count
    kept = target[(target >= 0) & (target != reading.ignore_index)]
    total = float(weights.detach()[kept].sum()) if kept.numel() else 0.0
    return total if total > 0.0 else count


def _is_error(node: Any, built_in: Any, reading: LossReading) -> bool:
    """Whether a node made the numbers that are added up."""
    if built_in is not None:
        return node is built_in
    if reading.kind == "cross_entropy":
        return str(node.name()).startswith(("IndexBackward", "GatherBackward"))
    return str(node.name()).startswith("SubBackward")


def _reduced(node: Any) -> tuple[list[int], set[int]]:
    """The sizes of what a mean or sum is over, and the dimensions that it takes away."""
    sizes = [int(size) for size in getattr(node, "_saved_self_sym_sizes", None) or ()]
    dims = getattr(node, "_saved_dim", None)
    if dims is None or not sizes:
        return sizes, set(range(len(sizes))) or {0}
    return sizes, {signed(dim) % len(sizes) for dim in dims} or set(range(len(sizes)))


def _euclidean(norm: Any) -> str | None:
    """`rows` or `all`: what a Euclidean norm was taken over; None of another norm."""
    order = getattr(norm, "_saved_ord", getattr(norm, "_saved_p", 2))
    if order is not None and float(order) != 2.0:
        return None
    return "all" if shape_of(norm) in ((), (1,)) else "rows"

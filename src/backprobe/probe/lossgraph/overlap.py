# SPDX-License-Identifier: Apache-2.0
"""Overlaps of an output with its targets (Dice, Jaccard, Tversky), and which way a loss takes them.

An overlap is a quotient: a sum of products of an output with given numbers, over a sum in which
that output comes once more. It is 1 where they agree, so that a loss has to fall where it rises.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from backprobe.probe import host
from backprobe.probe.lossgraph.nodes import LOSSES, PARAMETRIC, Readable, children, number_of

NODES = 96
"""Looked at between the loss and its quotients: a quotient a class, at a few depths."""
DEPTH = 8
BELOW = 32
"""Looked at in a denominator."""
LAID_OUT = (
    "ViewBackward", "UnsafeViewBackward", "ReshapeAliasBackward", "SqueezeBackward",
    "UnsqueezeBackward", "TransposeBackward", "PermuteBackward", "CloneBackward",
    "AliasBackward", "ToCopyBackward",
)  # fmt: skip
"""Nodes (by prefix) that leave all numbers as they are."""
RISING = (
    *LAID_OUT, "MeanBackward", "SumBackward", "StackBackward", "CatBackward", "IndexBackward",
    "SelectBackward", "SliceBackward", "LogBackward", "ClampBackward", "ClampM",
)  # fmt: skip
"""Nodes (by prefix) that rise with what they are made of."""
SCALED = ("MulBackward", "DivBackward")


def overlap_taken(root: Any, terms: int, readable: Readable) -> int:
    """1 where a loss rises with an overlap that it should rise with the lack of, -1 falls; 0 none.

    Told where another summand compares with the very targets that the overlap is of and falls as
    they are met, or of a lone overlap that is none but Dice's or Jaccard's: what a mask forbids may
    be overlapped as little as can be, on purpose. 0 too where a loss rises with one and falls with
    another, and where a factor is not known here.

    Arguments:
        root: the `grad_fn` of the loss.
        terms: how many summands the loss has.
        readable: whether the saved tensors of a node may be read.
    """
    losses: list[tuple[Any, int]] = []
    overlaps: list[tuple[Any, int]] = []
    for node, sign in _signed(root, readable):
        (losses if node.name() in LOSSES else overlaps).append((node, sign))
    if not overlaps or len({sign for _, sign in overlaps}) > 1:
        return 0
    targets = [_target(node) for node, sign in losses if sign > 0 and readable(node)]
    for node, sign in overlaps:
        found = _overlap(node, readable)
        if found is None:
            continue
        given, certain = found
        lone = terms == 1 and not losses and certain
        if lone or any(t is not None and _same(given, t) for t in targets):
            return sign
    return 0


def _signed(root: Any, readable: Readable) -> Iterator[tuple[Any, int]]:
    """Built-in losses and quotients of two results, 1 where the root rises with one, else -1."""
    pending, seen = [(root, 1)], 0
    while pending and seen < NODES:
        node, sign = pending.pop(0)
        seen += 1
        name, inputs = node.name(), [child for child, _ in node.next_functions]
        if name in LOSSES or (name.startswith("DivBackward") and len(children(node)) == 2):
            yield node, sign
        elif name.startswith("AddBackward") or name.startswith(RISING):
            pending += [(child, sign) for child in inputs if child is not None]
        elif name.startswith("SubBackward"):
            pending += [
                (c, s) for c, s in zip(inputs, (sign, -sign), strict=False) if c is not None
            ]
        elif name.startswith("RsubBackward"):
            pending += [
                (c, s) for c, s in zip(inputs, (-sign, sign), strict=False) if c is not None
            ]
        elif name.startswith("NegBackward"):
            pending += [(child, -sign) for child in children(node)]
        elif name.startswith("PowBackward0"):
            exponent = getattr(node, "_saved_exponent", 0)
            if isinstance(exponent, (int, float)) and exponent > 0:
                pending += [(child, sign) for child in children(node)]
        elif name.startswith(SCALED) and len(children(node)) == 1 and readable(node):
            factor = _number(node)
            if factor is not None and factor != 0.0:
                pending += [(child, sign if factor > 0.0 else -sign) for child in children(node)]


def _number(node: Any) -> float | None:
    """What a result is multiplied or divided by, where that is known here."""
    found = number_of(node)
    return number_of(node, "_saved_self") if found is None else found


def _overlap(quotient: Any, readable: Readable) -> tuple[Tensor, bool] | None:
    """The given numbers that an output is multiplied with, and whether it is Dice's or Jaccard's.

    Those have a factor of 2, or the overlap itself below; a share of the output alone has neither.
    """
    above, below = (child for child, _ in quotient.next_functions)
    factor, product = 1.0, above
    for _ in range(DEPTH):
        name, inputs = product.name(), children(product)
        if name.startswith("MulBackward") and len(product.next_functions) == 2:
            if not readable(product) or len(inputs) != 1:
                return None
            number = _number(product)
            if number is None:
                break
            factor *= number
        elif not name.startswith(("AddBackward", "SumBackward", "ClampM", *LAID_OUT)):
            return None
        if not inputs or any(each != inputs[0] for each in inputs):
            return None
        factor *= len(inputs)
        product = inputs[0]
    if not product.name().startswith("MulBackward") or not children(product):
        return None
    first = product.next_functions[0][0] is None
    given = getattr(product, "_saved_self" if first else "_saved_other", None)
    if not isinstance(given, Tensor) or given.numel() < 2:
        return None
    output, pending, met, itself = _plain(children(product)[0]), [below], False, False
    for _ in range(BELOW):
        if not pending:
            break
        node = pending.pop(0)
        if node == product:
            itself = True
        elif _plain(node) == output:
            met = True
        elif not node.name().startswith(PARAMETRIC):
            pending += children(node)
    return (given, factor > 1.5 or itself) if met or itself else None


def _plain(node: Any) -> Any:
    """The node under what only lays its numbers out anew."""
    for _ in range(DEPTH):
        below = children(node)
        if len(below) != 1 or not node.name().startswith(LAID_OUT):
            break
        node = below[0]
    return node


def _target(node: Any) -> Tensor | None:
    found = getattr(node, "_saved_target", None)
    return found if isinstance(found, Tensor) else None


def _same(given: Tensor, target: Tensor) -> bool:
    """Whether both are the same targets: one memory, or alike, or one the classes of the other."""
    if given.numel() == target.numel() and given.data_ptr() == target.data_ptr():
        return True
    if not host.near(given) or not host.near(target) or not target.numel():
        return False
    with torch.no_grad():
        if given.numel() == target.numel():
            return torch.equal(given.reshape(-1).double(), target.reshape(-1).double())
        if given.dim() < 2 or given.numel() != given.shape[1] * target.numel():
            return False
        return torch.equal(given.argmax(1).reshape(-1), target.reshape(-1).long())

# SPDX-License-Identifier: Apache-2.0
"""Negative log likelihoods that torch computes of several nodes: Poisson's, and the Gaussian's.

`poisson_nll_loss` is `exp(input) - target * input`, `gaussian_nll_loss` is
`(log(var) + (input - target)² / var) / 2`. In which of them a gradient flows tells which argument
was given what.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backprobe.probe.lossgraph.nodes import Readable, children, shape_of
from backprobe.probe.lossgraph.reading import LossReading


def read_likelihood(node: Any, reading: LossReading, readable: Readable) -> None:
    """Adds what such a likelihood below a mean or sum tells."""
    node = _unreduced(node)
    if node is None:
        return
    if node.name().startswith("SubBackward"):
        _read_poisson(node, reading, readable)
    elif node.name().startswith("MulBackward") and len(children(node)) == 1:
        _read_gaussian(children(node)[0], reading, readable)


def _unreduced(node: Any) -> Any:
    """What is averaged or summed, without a constant that is added to it."""
    for _ in range(4):
        if not node.name().startswith(("MeanBackward", "SumBackward", "AddBackward")):
            return node
        below = children(node)
        if len(below) != 1:
            return None
        node = below[0]
    return None


def _read_poisson(subtraction: Any, reading: LossReading, readable: Readable) -> None:
    """The logarithm of the rate goes into `exp` and into the product with the target alike."""
    below = children(subtraction)
    if [n.name().rstrip("01") for n in below] != ["ExpBackward", "MulBackward"]:
        return
    powered, product = below
    sides = [child for child, _ in product.next_functions]
    rates = children(powered)
    if len(rates) != 1 or len(sides) != 2 or sides.count(None) != 1 or rates[0] not in sides:
        return
    reading.kind = "poisson_nll"
    reading.output_shape = shape_of(powered)
    if readable(product):
        name = "_saved_self" if sides[0] is None else "_saved_other"
        found = getattr(product, name, None)
        reading.target = found if isinstance(found, Tensor) else None


def _read_gaussian(total: Any, reading: LossReading, readable: Readable) -> None:
    """A variance that is no output, beside an input and a target that both are: mixed up.

    It varies from row to row where it is the data's own targets; a constant one is a choice.
    """
    terms = [child for child, _ in total.next_functions]
    if not total.name().startswith("AddBackward") or terms.count(None) != 1 or len(terms) != 2:
        return
    quotient = next(child for child in terms if child is not None)
    if not quotient.name().startswith("DivBackward") or not readable(quotient):
        return
    square, variance = (child for child, _ in quotient.next_functions)
    if square is None or variance is not None or not square.name().startswith("PowBackward"):
        return
    difference = children(square)
    if len(difference) != 1 or not difference[0].name().startswith("SubBackward"):
        return
    given = getattr(quotient, "_saved_other", None)
    if len(children(difference[0])) == 2 and isinstance(given, Tensor) and given.numel() > 1:
        reading.extra["variance"] = given

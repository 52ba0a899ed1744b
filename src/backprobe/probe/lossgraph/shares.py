# SPDX-License-Identifier: Apache-2.0
"""The shares of classes that a loss weighs log probabilities by: a teacher's, most often."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from backprobe.probe.lossgraph.nodes import Readable, descend, shape_of, signed

BETWEEN = ("SubBackward", "NegBackward")
"""What may stand between the product and the log probabilities: `exp(t) * (t - input)`."""


def shares_asked(terms: list[tuple[Any, float]], readable: Readable) -> tuple[Tensor, int] | None:
    """Those of the first summand that has some, [rows, classes]; None where none has.

    With the axis along which the log probabilities' own shares add up to 1.

    Of a product that both sides of learn (an entropy) nothing is told.
    """
    return next((found for node, _ in terms if (found := _of(node, readable)) is not None), None)


def _of(node: Any, readable: Readable) -> tuple[Tensor, int] | None:
    product: Any = None
    for below in descend(node):
        name = below.name()
        if name.startswith("LogSoftmaxBackward"):
            if product is None:
                return None
            given = _constant(product, shape_of(below), readable)
            return None if given is None else (given, signed(below._saved_dim) % 2)
        if name.startswith("MulBackward"):
            product = below
        elif not name.startswith(BETWEEN):
            product = None
    return None


def _constant(product: Any, shape: tuple[int, ...], readable: Readable) -> Tensor | None:
    learns = [child is not None for child, _ in product.next_functions]
    if sum(learns) != 1 or len(shape) != 2 or not readable(product):
        return None
    given = product._saved_other if learns[0] else product._saved_self
    return given if isinstance(given, Tensor) and tuple(given.shape) == shape else None

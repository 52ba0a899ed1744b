# SPDX-License-Identifier: Apache-2.0
"""What a sum is over: of a masked one, the numbers that the mask keeps.

`(each * mask).sum() / mask.sum()` is the mean of what is kept, however the mask falls out.
"""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from backprobe.probe.lossgraph.nodes import Readable, children, signed
from backprobe.probe.lossgraph.reading import LossReading

PASSED = ("NegBackward", "ViewBackward", "UnsafeViewBackward", "SqueezeBackward", "CloneBackward")


def summed_over(node: Any, reading: LossReading, readable: Readable) -> float | None:
    """So many numbers, or such weights, that a summand adds up; None where that is not known.

    Arguments:
        node: the summand, below what it was multiplied by.
        reading: what is known of it, with its `reduction`.
    """
    if reading.reduction not in ("sum", "none"):
        return None
    total = _next(node)
    if total.name() != "SumBackward0":
        return _of_targets(reading) if reading.reduction == "sum" else None
    count = math.prod(int(size) for size in total._saved_self_sym_sizes)
    below = children(total)
    product = _next(below[0]) if len(below) == 1 else None
    if product is None or not product.name().startswith("MulBackward"):
        return float(count)
    return _weights(product, count, readable)


def row_length(node: Any, readable: Readable) -> float | None:
    """So many numbers of each row a mean over rows is given the sum of; None where it is not so."""
    mean = _next(node)
    below = children(mean)
    if not mean.name().startswith("MeanBackward") or len(below) != 1:
        return None
    total = _next(below[0])
    if total.name() != "SumBackward1":
        return None
    sizes = [int(size) for size in total._saved_self_sym_sizes]
    summed = {signed(dim) % len(sizes) for dim in total._saved_dim}
    if len(sizes) < 2 or summed != set(range(1, len(sizes))):
        return None
    product = _next(children(total)[0])
    if not product.name().startswith("MulBackward"):
        return float(math.prod(sizes[1:]))
    kept = _weights(product, math.prod(sizes), readable)
    return None if kept is None else kept / sizes[0]


def _next(node: Any) -> Any:
    """The first node at or below one that does more than turn or rearrange numbers."""
    for _ in range(8):
        below = children(node)
        if len(below) != 1 or not node.name().startswith(PASSED):
            break
        node = below[0]
    return node


def _weights(product: Any, count: int, readable: Readable) -> float | None:
    """The sum of what each number is multiplied by, None unless it is known and never negative."""
    flows = [child is not None for child, _ in product.next_functions]
    if sorted(flows) != [False, True] or not readable(product):
        return None
    given = getattr(product, "_saved_other" if flows[0] else "_saved_self", None)
    if not isinstance(given, Tensor) or given.device.type != "cpu" or not given.numel():
        return None  # what lies on a device is not waited for
    if given.numel() == 1:
        return None  # a factor of the whole
    weights = given.detach().float()
    if float(weights.min()) < 0.0:
        return None
    return float(weights.sum()) * count / given.numel()


def _of_targets(reading: LossReading) -> float | None:
    """The targets of a built-in loss that count, as far as they lie on the CPU."""
    target = reading.target
    if target is None:
        return None
    if reading.ignore_index is None or target.device.type != "cpu":
        return float(target.numel())
    return float((target.detach() != reading.ignore_index).sum())

# SPDX-License-Identifier: Apache-2.0
"""Losses written out: a square, an absolute error, picked log probabilities, a divergence."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from backprobe.probe.lossgraph.nodes import (
    CHOOSING,
    Readable,
    activations,
    children,
    descend,
    ends,
    shape_of,
    signed,
    until_product,
)
from backprobe.probe.lossgraph.reading import LossReading

UNMOVED = ("ViewBackward", "UnsafeViewBackward", "SqueezeBackward", "UnsqueezeBackward")
"""Nodes that leave a difference's numbers as they are."""


def read_handwritten(node: Any, reading: LossReading, readable: Readable) -> None:
    """Fills in what the path below a mean or sum tells; `kind` stays custom where it is unknown."""
    path = list(descend(node))
    names = [n.name().removesuffix("0").removesuffix("1").removesuffix("Backward") for n in path]
    reading.chain = tuple(n.name() for n in path)
    reading.before = tuple(activations(path))
    for found, name in zip(path, names, strict=True):
        if name in ("Mean", "Sum"):
            reading.reduction = name.lower()
            sizes = getattr(found, "_saved_self_sym_sizes", None)
            reading.loss_shape = tuple(int(s) for s in sizes) if sizes is not None else ()
            break
    head = [n for n in names[:8] if n not in ("View", "UnsafeView", "Squeeze", "Unsqueeze", "Div")]
    if "Sub" in head[:5]:
        at = head.index("Sub")
        subtraction = next(n for n in path if n.name().startswith("SubBackward"))
        above = path[: path.index(subtraction)]
        if any(_chooses(n) for n in above):
            pass  # the middle one, the largest, one of two branches: no mean of all
        elif any(_squared(n) or _squares(n) for n in above):
            # The root of each number's own square, of which a little is more, is its size.
            reading.kind = "l1" if _roots_each(above) else "mse"
        elif "Abs" in head[:at] and not any(n.name().startswith("Pow") for n in above):
            reading.kind = "l1"
        elif _is_divergence(subtraction):
            reading.kind = "kl_div"
            _read_divergence(subtraction, reading, readable)
            return
        if reading.kind != "custom":
            reading.loss_shape = shape_of(subtraction) or reading.loss_shape
            below = children(subtraction)
            reading.output_shape = shape_of(below[0]) if below else ()
            rest = path[path.index(subtraction) + 1 :]
            reading.before = tuple(activations(until_product(rest)))
            reading.extra.update(ends(rest))
            _target_of_difference(path, subtraction, reading, readable)
            return
    picked = _picked_scores(path)
    if picked is not None:
        reading.kind, reading.before = "cross_entropy", tuple(activations(path))
        reading.output_shape = shape_of(picked)
        return
    acts = list(reading.before)
    if acts[:1] == ["log_softmax"] and {"Index", "Gather", "Mul"} & set(head):
        reading.kind, reading.before = "cross_entropy", tuple(acts[1:])
    elif acts[:2] == ["log", "softmax"] and {"Index", "Gather", "Mul"} & set(head):
        reading.kind, reading.before = "cross_entropy", tuple(acts[2:])
    if reading.kind == "cross_entropy":
        for found in path:
            if found.name() in ("LogSoftmaxBackward0", "SoftmaxBackward0"):
                reading.output_shape = shape_of(found)
                if readable(found):
                    reading.class_dim = signed(found._saved_dim)
                if found.name() == "LogSoftmaxBackward0" and readable(found):
                    reading.log_probabilities = found._saved_result
                    _read_shares(path[: path.index(found)], reading, readable)
                break


def _read_shares(above: list[Any], reading: LossReading, readable: Readable) -> None:
    """What a class's log probability is multiplied by, where `cross_entropy` is given shares."""
    names = [n.name().removesuffix("0") for n in above if not n.name().startswith("Div")]
    if names != ["NegBackward", "SumBackward", "MulBackward"] or not readable(above[-1]):
        return
    given = getattr(above[-1], "_saved_other", None)
    if given is not None and tuple(given.shape) == reading.output_shape:
        reading.extra["shares"] = given


def _picked_scores(path: list[Any]) -> Any:
    """The difference in `-(scores - logsumexp(scores))[rows, targets].mean()`, or None.

    Nothing may weigh the rows in between: a policy's loss weighs them by what they brought.
    """
    for at, node in enumerate(path):
        name = node.name()
        if name.startswith(("IndexBackward", "GatherBackward")):
            below = path[at + 1] if at + 1 < len(path) else None
            if below is None or not below.name().startswith("SubBackward"):
                return None
            return below if any(c.name().startswith("Logsumexp") for c in children(below)) else None
        if not name.startswith(("NegBackward", "MeanBackward", "SumBackward", "SqueezeBackward")):
            return None
    return None


def _squares(node: Any) -> bool:
    """Whether a product is of one thing with itself."""
    below = children(node)
    return node.name().startswith("MulBackward") and len(below) == 2 and below[0] == below[1]


def _squared(node: Any) -> bool:
    """Whether a node squares; the root of a mean is a power as well, and another is none."""
    if not node.name().startswith("PowBackward"):
        return False
    exponent = getattr(node, "_saved_exponent", 2)
    return not isinstance(exponent, (int, float)) or float(exponent) == 2.0


def _chooses(node: Any) -> bool:
    """Whether a node takes some numbers for the rest, or divides one error by another."""
    name = node.name()
    return name.startswith(CHOOSING) or (name.startswith("Div") and len(children(node)) > 1)


def _roots_each(above: list[Any]) -> bool:
    """Whether each square's root is taken before they are added up: Charbonnier's loss."""
    names = [n.name() for n in above]
    at = next((k for k, name in enumerate(names) if name.startswith("SqrtBackward")), None)
    return at is not None and not any(n.startswith(("Mean", "Sum")) for n in names[at:])


def _of_difference(node: Any) -> bool:
    """Whether a node keeps what it squares or takes the size of, not what it is weighed by."""
    return node.name().startswith(("PowBackward", "AbsBackward")) or _squares(node)


def _is_divergence(subtraction: Any) -> bool:
    """Whether a difference is `t log t - t * input`, as `kl_div` makes it of targets t."""
    sides = [child for child, _ in subtraction.next_functions]
    if len(sides) != 2 or sides[0] is not None or not sides[1].name().startswith("MulBackward"):
        return False
    return [child is not None for child, _ in sides[1].next_functions] == [False, True]


def _read_divergence(subtraction: Any, reading: LossReading, readable: Readable) -> None:
    product = children(subtraction)[0]
    below = children(product)
    reading.output_shape = shape_of(below[0]) if below else ()
    reading.loss_shape = shape_of(product)
    if readable(product):
        reading.target = getattr(product, "_saved_self", None)


def _target_of_difference(
    path: list[Any], subtraction: Any, reading: LossReading, readable: Readable
) -> None:
    """`prediction - target` keeps neither; the square's saved base is their difference.

    Where the prediction left an activation that saved its result, the target is what is missing.
    """
    sides = [child is not None for child, _ in subtraction.next_functions]
    above = path[: path.index(subtraction)]
    for at, found in enumerate(above):
        moved = any(not n.name().startswith(UNMOVED) for n in above[at + 1 :])
        if moved or not (readable(found) and _of_difference(found)):
            continue
        difference = getattr(found, "_saved_self", None)
        if difference is None or tuple(difference.shape) != shape_of(subtraction):
            continue
        reading.extra["difference"] = difference
        if sum(sides) == 1:
            reading.extra["sign"] = 1.0 if sides[0] else -1.0
        below = children(subtraction)
        kept = bool(below) and readable(below[0])
        result = getattr(below[0], "_saved_result", None) if kept else None
        if sum(sides) == 1 and result is not None and result.shape == difference.shape:
            prediction, apart = result.detach(), difference.detach()
            reading.output = prediction
            reading.target = rebuilt(prediction, apart, reading.extra["sign"])
        return


def rebuilt(prediction: Tensor, difference: Tensor, sign: float) -> Tensor:
    """The target that a difference was taken to; whole numbers, which rounding moved, as such.

    Arguments:
        prediction, difference: of one shape.
        sign: 1 where the target was taken from the prediction, -1 the other way round.
    """
    target = prediction - sign * difference
    if target.dtype not in (torch.float32, torch.float64):
        return target  # of fewer digits many numbers are as near to a whole one
    nearest = target.round()
    error = torch.finfo(target.dtype).eps * (prediction.abs() + difference.abs())
    return torch.where((target - nearest).abs() <= error, nearest, target)

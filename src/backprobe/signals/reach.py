# SPDX-License-Identifier: Apache-2.0
"""The numbers that a network's output can be, by what it passes on its way to its loss.

Unit: that of the output. Unbounded is normal before a loss on logits and in a regression. A bound
holds only where nothing scales or shifts what it bounds: `2 * tanh(x)` is told as unbounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from backprobe.records import Loss
from backprobe.signals.losses import REGRESSION

ANY = (-math.inf, math.inf)
KEEPS = frozenset(
    (
        *("View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Alias", "AsStrided"),
        *("Transpose", "Permute", "T", "Select", "Slice", "Split", "Unbind", "Expand", "Flip"),
        *("Index", "IndexSelect", "Gather", "Clone", "ToCopy", "Mean", "_DDPSink"),
        *("UpsampleNearest2D", "UpsampleBilinear2D", "UpsampleNearest1D", "UpsampleLinear1D"),
        *("AvgPool2D", "AdaptiveAvgPool2D", "MaxPool2DWithIndices"),
    )
)
"""Autograd nodes, `Backward` left out, that leave numbers as they are, or between others."""
JOINS = ("Stack", "Cat")
"""They keep ends where all that they join has the same."""

Map = Callable[[float, float], tuple[float, float]]
"""The ends of what a function gives, from those of what it gets."""


def _rising(function: Callable[[float], float]) -> Map:
    return lambda low, high: (function(low), function(high))


def _dipping(least: float) -> Map:
    """Of a function that falls to some least value before it rises: GELU and its like."""
    return lambda *ends: (least, max(0.0, ends[1]))


def _sigmoid(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * x))


def _exp(x: float) -> float:
    return math.exp(x) if x < 700.0 else math.inf


MAPS: Mapping[str, Map] = {
    "Relu": _rising(lambda x: max(0.0, x)),
    "Sigmoid": _rising(_sigmoid),
    "Hardsigmoid": _rising(lambda x: min(1.0, max(0.0, x / 6.0 + 0.5))),
    "Tanh": _rising(math.tanh),
    "Elu": _rising(lambda x: x if x > 0.0 else math.expm1(x)),
    "LeakyRelu": _rising(lambda x: x),  # it bounds nothing
    "Softplus": _rising(lambda x: x if x > 30.0 else math.log1p(math.exp(x))),
    "Exp": _rising(_exp),
    "LogSigmoid": lambda *ends: (ends[0], 0.0),
    "LogSoftmax": lambda *_: (-math.inf, 0.0),
    "Softmax": lambda *_: (0.0, 1.0),
    "Abs": lambda *ends: (0.0, max(abs(end) for end in ends)),
    "Gelu": _dipping(-0.17),
    "Silu": _dipping(-0.279),
    "Mish": _dipping(-0.309),
    "Hardswish": _dipping(-0.375),
    "Div": lambda *ends: (0.0 if ends[0] == 0.0 else -math.inf, math.inf),  # a temperature
}
"""Autograd node, `Backward` left out → its ends."""
OWN = ("Clamp", "ClampMin", "ClampMax", "Hardtanh")
"""Those whose ends are their own arguments."""
NAMES = {"LogSoftmax": "log_softmax", "LogSigmoid": "log_sigmoid", "LeakyRelu": "leaky_relu"}
NAMES.update(dict.fromkeys(OWN[:3], "clamp"))


@dataclass(frozen=True)
class Reach:
    """What an output can be.

    Arguments:
        low, high: its ends, infinite where it has none.
        kind: canonical name of the activation nearest the loss, "" where there is none.
    """

    low: float = -math.inf
    high: float = math.inf
    kind: str = ""


def reach(loss: Loss) -> Reach:
    """What the loss can be given; unbounded where that is not known.

    Of a cross entropy and of a binary one it is of the logits, before their own softmax or sigmoid.
    """
    below = _below(loss)
    nearest = next((at for at, name in enumerate(below) if name in OWN), -1)
    low, high, kind = *ANY, ""
    for at, name in reversed(list(enumerate(below))):
        if name in KEEPS or (name in JOINS and loss.output.get("joined")):
            continue
        if name in OWN:
            low, high = _clamped(loss, name, low, high) if at == nearest else (low, high)
        elif name in MAPS:
            low, high = MAPS[name](low, high)
        else:
            low, high, kind = *ANY, ""
            continue
        kind = kind if name == "Div" else NAMES.get(name, name.lower())
    return Reach(low, high, kind)


def errors_beside(loss: Loss) -> list[Loss]:
    """The errors that a loss adds to the one it is told as, of which an activation is known."""
    found = []
    for part in loss.summands:
        if "target_least" not in part:
            continue
        ends = {"min": part["target_least"], "max": part["target_most"]}
        found.append(
            replace(
                loss,
                kind=str(part["kind"]),
                chain=tuple(part["chain"]),
                output_shape=tuple(part["output_shape"]),
                target=ends,
                output={name: part[name] for name in ("least", "most") if name in part},
            )
        )
    return found


def _below(loss: Loss) -> list[str]:
    """Names of the nodes between the loss proper and the last layer, nearest the loss first."""
    names = [name.partition("Backward")[0] for name in loss.chain]
    first: tuple[str, ...] = ()
    if loss.kind == "cross_entropy":
        first = ("LogSoftmax", "Softmax", "Sub")
    elif loss.kind == "bce":
        first = ("Sigmoid",)
    elif loss.kind in REGRESSION and names and not names[0].endswith("Loss"):
        first = ("Sub",)  # written out
    at = next((i for i, name in enumerate(names) if name in first), len(names) if first else 0)
    own = names[1:at] if loss.kind == "bce" else []
    return names[at + 1 :] if all(name in KEEPS for name in own) else []


def _clamped(loss: Loss, name: str, low: float, high: float) -> tuple[float, float]:
    """Within the ends that the record tells of the outermost clamp."""
    least, most = loss.output.get("least"), loss.output.get("most")
    if least is None and most is None:
        return (-1.0, 1.0) if name == "Hardtanh" else (low, high)
    return max(low, -math.inf if least is None else float(least)), min(
        high, math.inf if most is None else float(most)
    )

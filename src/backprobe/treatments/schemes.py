# SPDX-License-Identifier: Apache-2.0
"""Schemes of initialisation, and which one keeps a signal's size before which activation.

He: Var(w) = 2 / fan_in, since a rectifier lets half of the square through (He et al.,
1502.01852). Glorot: 2 / (fan_in + fan_out), for activations that are odd and steep at 0 (Glorot and
Bengio, 2010). LeCun: 1 / fan_in, where nothing follows, or SELU (Klambauer et al., 1706.02515).
"""

from __future__ import annotations

import math

from torch import Tensor, nn

RECTIFIERS = frozenset(
    {"relu", "leaky_relu", "prelu", "rrelu", "relu6", "elu", "gelu", "silu", "mish"}
)
ODD = frozenset({"tanh", "sigmoid", "softsign", "hardtanh"})


def scheme_before(following: str) -> str:
    """The scheme that fits a layer: "he", "glorot" or "lecun".

    Arguments:
        following: canonical activation that follows it, as of `tracing.Layer`.
    """
    if following in ODD:
        return "glorot"
    return "he" if following in RECTIFIERS else "lecun"


def scheme_std(scheme: str, weight: Tensor) -> float:
    """Standard deviation that a scheme gives a weight [out, in, …]."""
    inputs, outputs = nn.init._calculate_fan_in_and_fan_out(weight)
    if scheme.startswith("he"):
        return math.sqrt(2.0 / inputs)
    if scheme.startswith("lecun"):
        return math.sqrt(1.0 / inputs)
    return math.sqrt(2.0 / (inputs + outputs))


def draws(module: nn.Module) -> bool:
    """Whether a module's weight is one that the schemes are about."""
    return isinstance(module, (nn.Linear, nn.modules.conv._ConvNd))

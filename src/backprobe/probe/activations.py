# SPDX-License-Identifier: Apache-2.0
"""Which modules and functions are activations, and where each of them saturates."""

from __future__ import annotations

from collections.abc import Mapping

MODULES: Mapping[str, str] = {
    "ReLU": "relu",
    "ReLU6": "relu6",
    "LeakyReLU": "leaky_relu",
    "PReLU": "prelu",
    "RReLU": "rrelu",
    "ELU": "elu",
    "CELU": "celu",
    "SELU": "selu",
    "GELU": "gelu",
    "GELUActivation": "gelu",
    "NewGELUActivation": "gelu",
    "FastGELUActivation": "gelu",
    "QuickGELUActivation": "gelu",
    "PytorchGELUTanh": "gelu",
    "GELUTanh": "gelu",
    "SiLU": "silu",
    "SiLUActivation": "silu",
    "Mish": "mish",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "LogSigmoid": "log_sigmoid",
    "Hardtanh": "hardtanh",
    "Hardsigmoid": "hardsigmoid",
    "Hardswish": "hardswish",
    "Threshold": "threshold",
    "Softmax": "softmax",
    "Softmax2d": "softmax",
    "LogSoftmax": "log_softmax",
    "GLU": "glu",
}
"""Module class → canonical activation."""

FUNCTIONS: Mapping[str, str] = {
    "relu": "relu",
    "relu_": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "leaky_relu_": "leaky_relu",
    "prelu": "prelu",
    "rrelu": "rrelu",
    "elu": "elu",
    "elu_": "elu",
    "celu": "celu",
    "selu": "selu",
    "gelu": "gelu",
    "silu": "silu",
    "mish": "mish",
    "softplus": "softplus",
    "softsign": "softsign",
    "tanh": "tanh",
    "tanh_": "tanh",
    "sigmoid": "sigmoid",
    "sigmoid_": "sigmoid",
    "logsigmoid": "log_sigmoid",
    "hardtanh": "hardtanh",
    "hardsigmoid": "hardsigmoid",
    "hardswish": "hardswish",
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "glu": "glu",
}
"""Function or method name → canonical activation."""

SATURATION: Mapping[str, tuple[float, float]] = {
    "tanh": (-0.97, 0.97),
    "sigmoid": (0.015, 0.985),
    "hardtanh": (-1.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "softsign": (-0.97, 0.97),
}
"""Outputs beyond which the derivative is below 6 % of its maximum: |tanh| > 0.97 has a derivative
under 0.06 (Karpathy, makemore part 3), and the same derivative share for the logistic is outside
[0.015, 0.985]."""

RECTIFIERS = frozenset({"relu", "relu6", "threshold"})
"""Activations whose units can die: output and derivative are both zero for every input."""

UNMEASURED = frozenset(
    {
        "Identity",
        "Flatten",
        "Unflatten",
        "Dropout",
        "Dropout1d",
        "Dropout2d",
        "Dropout3d",
        "AlphaDropout",
        "MaxPool1d",
        "MaxPool2d",
        "MaxPool3d",
        "AvgPool1d",
        "AvgPool2d",
        "AvgPool3d",
        "AdaptiveAvgPool1d",
        "AdaptiveAvgPool2d",
        "AdaptiveMaxPool2d",
        "Upsample",
        "PixelShuffle",
        "ZeroPad2d",
    }
)
"""Leaf modules whose output says nothing that their input did not."""

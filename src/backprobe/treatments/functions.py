# SPDX-License-Identifier: Apache-2.0
"""Which functions of torch are activations and losses, by the name that an override sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor
from torch.nn import functional

ACTIVATIONS: Mapping[str, str] = {
    **{
        name: name.rstrip("_")
        for name in (
            "relu",
            "relu_",
            "relu6",
            "leaky_relu",
            "leaky_relu_",
            "prelu",
            "rrelu",
            "elu",
            "elu_",
            "celu",
            "selu",
            "selu_",
            "gelu",
            "silu",
            "mish",
            "softplus",
            "softsign",
            "tanh",
            "tanh_",
            "sigmoid",
            "sigmoid_",
            "hardtanh",
            "hardsigmoid",
            "hardswish",
            "logsigmoid",
            "softmax",
            "log_softmax",
        )
    },
    "special_expit": "sigmoid",
    "special_softmax": "softmax",
    "special_log_softmax": "log_softmax",
}
"""Function or method name → canonical activation."""

SWAPS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "relu6": functional.relu6,
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "mish": functional.mish,
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "softplus": functional.softplus,
    "identity": lambda x: x,
}
"""Canonical activation → the function that takes its place."""

NORMALISERS = frozenset({"softmax", "log_softmax"})
"""Activations over a row; they are outputs or attention, never a layer's nonlinearity."""

LOSSES: Mapping[str, str] = {
    "cross_entropy": "cross_entropy",
    "nll_loss": "nll",
    "mse_loss": "mse",
    "l1_loss": "l1",
    "smooth_l1_loss": "smooth_l1",
    "huber_loss": "huber",
    "binary_cross_entropy": "bce",
    "binary_cross_entropy_with_logits": "bce_with_logits",
}
"""Function name → kind of loss."""

REGRESSION = frozenset({"mse", "l1", "smooth_l1", "huber"})

PASSING = frozenset(
    {
        "batch_norm",
        "layer_norm",
        "group_norm",
        "instance_norm",
        "rms_norm",
        "dropout",
        "dropout1d",
        "dropout2d",
        "dropout3d",
        "feature_dropout",
        "alpha_dropout",
        "flatten",
        "view",
        "reshape",
        "permute",
        "transpose",
        "squeeze",
        "unsqueeze",
        "contiguous",
        "chunk",
        "split",
        "add",
        "add_",
        "sub",
        "cat",
        "__getitem__",
        "mean",
        "pad",
        "interpolate",
        "to",
        "float",
        "t",
    }
)
"""Between a layer and its activation these change shape or scale, not the kind of function."""


def passes(name: str) -> bool:
    """Whether an operation lets a layer's output through to its activation."""
    return name in PASSING or "pool" in name

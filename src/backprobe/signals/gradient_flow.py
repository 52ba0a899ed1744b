# SPDX-License-Identifier: Apache-2.0
"""How the gradient changes on its way from the output to the first layer.

Unit: RMS of the first layers' weight gradient / that of the later ones, over the first observed
steps. Normal: 0.1 to 3 in networks of up to five layers (measured, median 0.9). A twelve-layer
ReLU network with PyTorch's default init has 8e-5, with He's init 0.26; twelve tanh layers 2.5e-3.
What an init and its activations predict: each layer passes sqrt(fan_out · Var w) · rms(f′) of the
gradient on (Glorot & Bengio 2010; He et al. 2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Record
from backprobe.signals.init_scale import initial_rms
from backprobe.signals.layers import Layer
from backprobe.signals.series import early

DERIVATIVE_RMS = {
    "sigmoid": 0.235,
    "hardsigmoid": 0.167,
    "tanh": 0.76,
    "softsign": 0.55,
    "relu": 0.71,
    "relu6": 0.71,
    "leaky_relu": 0.71,
    "elu": 0.83,
    "selu": 1.07,
    "gelu": 0.67,
    "silu": 0.61,
    "softplus": 0.55,
    "mish": 0.66,
}
"""RMS of the derivative over a unit normal input (numerically integrated, two digits)."""


@dataclass(frozen=True)
class GradientFlow:
    """Gradient sizes by depth.

    Arguments:
        layers: those whose gradient was seen, from the input on.
        grads: RMS of each one's weight gradient, median over the first observed steps.
    """

    layers: tuple[Layer, ...]
    grads: tuple[float, ...]

    @property
    def weakest(self) -> int:
        """Position of the smallest gradient."""
        return int(np.argmin(self.grads))

    @property
    def reference(self) -> int:
        """Position of the largest gradient behind the weakest one (towards the output)."""
        start = self.weakest
        return start + int(np.argmax(self.grads[start:]))

    @property
    def shrinkage(self) -> float:
        """Largest gradient behind the weakest layer / that layer's; inf where it is zero."""
        low, high = self.grads[self.weakest], self.grads[self.reference]
        return high / low if low > 0.0 else (math.inf if high > 0.0 else 1.0)

    @property
    def growth(self) -> float:
        """Largest gradient in front of the last layer / the last layer's."""
        last = self.grads[-1]
        return max(self.grads) / last if last > 0.0 else math.nan


def gradient_flow(record: Record, found: tuple[Layer, ...]) -> GradientFlow | None:
    """Gradient sizes of the trainable layers that ran, or None with fewer than two."""
    kept: list[Layer] = []
    grads: list[float] = []
    for layer in found:
        if not layer.weight.requires_grad or layer.place is None:
            continue
        value = early(record.parameters_series, "grad_rms", layer.weight.index)
        if math.isfinite(value):
            kept.append(layer)
            grads.append(value)
    return GradientFlow(tuple(kept), tuple(grads)) if len(kept) >= 2 else None


def activation_factor(layer: Layer) -> float:
    """What the layer's activation alone passes on of a gradient; 1 where there is none."""
    kind = layer.activation.activation if layer.activation else ""
    return DERIVATIVE_RMS.get(kind, 1.0)


def weight_factor(layer: Layer) -> float:
    """What the layer's initial weights alone pass on of a gradient; NaN where unknown."""
    rms = initial_rms(layer.weight)
    # A convolution's input unit feeds fan_out outputs; strides and pooling are left out.
    return math.sqrt(layer.fan_out) * rms

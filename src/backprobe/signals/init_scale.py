# SPDX-License-Identifier: Apache-2.0
"""The size of a layer's initial weights against what keeps a signal's size.

Unit: RMS of the weights divided by He's std sqrt(2 / fan_in). Normal: PyTorch's default
U(±1/sqrt(fan_in)) is 0.41, Xavier 0.3 to 1.0 (1.67 with the tanh gain), He 1, LeCun 0.71.
Sources: He et al. 1502.01852; Glorot & Bengio 2010; torch.nn.init.kaiming_uniform_(a=sqrt(5)).
"""

from __future__ import annotations

import math

from backprobe.records import Parameter
from backprobe.signals.layers import Layer

RECURRENT = frozenset({"LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"})
DEFAULT_SCALE = 1.0 / math.sqrt(6.0)
"""What PyTorch's default of linear and convolution layers is of He's std: 0.41."""


def he_std(fan_in: int) -> float:
    """Std that keeps a signal's size through a ReLU layer (He et al. 2015)."""
    return math.sqrt(2.0 / max(fan_in, 1))


def xavier_std(fan_in: int, fan_out: int, gain: float = 1.0) -> float:
    """Std that keeps signal and gradient through a linear or tanh layer (Glorot 2010)."""
    return gain * math.sqrt(2.0 / max(fan_in + fan_out, 1))


def default_std(fan_in: int) -> float:
    """Std of PyTorch's default for linear and convolution layers, 1 / sqrt(3 fan_in)."""
    return 1.0 / math.sqrt(3.0 * max(fan_in, 1))


def recurrent_std(hidden: int) -> float:
    """Std of PyTorch's default for recurrent layers, U(±1/sqrt(hidden))."""
    return 1.0 / math.sqrt(3.0 * max(hidden, 1))


def initial_rms(parameter: Parameter) -> float:
    """RMS of a parameter before its first update; NaN where it was not measured."""
    mean, std = parameter.initial.get("mean"), parameter.initial.get("std")
    if mean is None or std is None:
        return math.nan
    return math.hypot(float(mean), float(std))


def expected_std(layer: Layer) -> float:
    """Std that PyTorch's default gives this layer."""
    if layer.module.type in RECURRENT:
        return recurrent_std(int(layer.module.settings.get("hidden_size", layer.fan_in)))
    return default_std(layer.fan_in)


def scale_against_he(layer: Layer) -> float:
    """RMS of the layer's initial weights over He's std; NaN where unknown.

    A recurrent layer's default depends on its hidden size, not on its fan-in: its default counts
    as 0.41, what the default of every other layer is. What a weight is multiplied by before a
    signal meets it is not known.
    """
    if layer.rescaled:
        return math.nan
    if layer.module.type in RECURRENT:
        return DEFAULT_SCALE * initial_rms(layer.weight) / expected_std(layer)
    return initial_rms(layer.weight) / he_std(layer.fan_in)

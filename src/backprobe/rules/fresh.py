# SPDX-License-Identifier: Apache-2.0
"""Whether a layer's weights look freshly initialised: the mark of what was never trained."""

from __future__ import annotations

import math

from backprobe.signals.init_scale import expected_std, he_std, initial_rms, xavier_std
from backprobe.signals.layers import Layer

TOLERANCE = 0.04
"""A sample of n weights has a std within 1/sqrt(2n) of its distribution's: 4 % at 300 weights."""


def looks_fresh(layer: Layer) -> bool:
    """Whether the weights' RMS is that of a standard initialisation of this layer.

    Trained weights have moved: their RMS agrees with none of them but by chance.
    """
    rms = initial_rms(layer.weight)
    if math.isnan(rms):
        return False
    tolerance = max(TOLERANCE, 3.0 / math.sqrt(2.0 * max(layer.weight.size, 1)))
    known = (
        expected_std(layer),
        he_std(layer.fan_in),
        he_std(layer.fan_out),
        xavier_std(layer.fan_in, layer.fan_out),
        xavier_std(layer.fan_in, layer.fan_out, 5.0 / 3.0),
        0.02,  # GPT-2, BERT
    )
    return any(abs(rms / std - 1.0) < tolerance for std in known)

# SPDX-License-Identifier: Apache-2.0
"""How far a step moves a weight, relative to the weight.

Unit: RMS of the update / RMS of the weight, per step. Normal: about 1e-3 (cs231n; Karpathy,
makemore part 3). Measured at the best learning rate over 11 tasks: median 5.4e-3, range 1.8e-3 to
1.1e-2; at a hundredth of it 2.4e-4. Adam's first step is lr·sqrt(3·fan_in) of a default-init
weight by construction, so the first few steps of Adam read high. Biases, norm scales and
zero-initialised weights are left out: their ratio has no normal range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record
from backprobe.signals.layers import Layer

NORMAL_LOW = 1.8e-3
NORMAL_HIGH = 1.1e-2
LOW_BAND = 1e-4
"""TheDeepChecker's published lower edge of a trained network's ratio (2021)."""
HIGH_BAND = 1e-1
"""TheDeepChecker's published upper edge."""


@dataclass(frozen=True)
class UpdateRatio:
    """Relative step size of one layer's weight.

    Arguments:
        layer: the layer.
        early: median over the first observed steps.
        typical: median over all observed steps.
        peak: the largest.
    """

    layer: Layer
    early: float
    typical: float
    peak: float


def ratio_of(record: Record, parameter: int) -> NDArray[np.float64]:
    """Update / weight RMS of one parameter over the observed steps, NaN where unknown."""
    series = record.parameters_series
    update = series.of("update_rms", parameter).astype(np.float64)
    weight = series.of("weight_rms", parameter).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(weight > 0.0, update / weight, np.nan)
    return np.asarray(ratio, np.float64)


def update_ratios(record: Record, found: tuple[Layer, ...], early: int = 20) -> list[UpdateRatio]:
    """The ratio of each layer whose weight was observed and moves."""
    out = []
    for layer in found:
        values = ratio_of(record, layer.weight.index)
        values = values[np.isfinite(values)]
        if values.size == 0 or layer.weight.initial.get("zeros", 0.0) == 1.0:
            continue
        out.append(
            UpdateRatio(
                layer,
                float(np.median(values[:early])),
                float(np.median(values)),
                float(values.max()),
            )
        )
    return out

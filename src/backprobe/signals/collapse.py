# SPDX-License-Identifier: Apache-2.0
"""Weights that shrink to a fraction of what they began as.

Unit: late RMS / first observed RMS of a weight; 1 where it kept its size. Healthy: 0.8 to 3. A
gradient hardly ever shrinks all matrices of a network whose first answers are no worse than a
constant: what does is a decay, whether an optimizer's option, a line of a step or of the loss.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from backprobe.records import Parameter, Record
from backprobe.signals.layers import layers
from backprobe.signals.series import early, late

COLLAPSED = 0.2
"""Late / first RMS, median over the layers, that no learning leads to."""


def shrinkage(record: Record, weights: Iterable[Parameter]) -> list[float]:
    """Late / first RMS of those of the weights that were measured and began above zero."""
    ratios = []
    for weight in weights:
        before = early(record.parameters_series, "weight_rms", weight.index, 1)
        after = late(record.parameters_series, "weight_rms", weight.index)
        if before > 0.0 and np.isfinite(after):
            ratios.append(after / before)
    return ratios


def collapses(record: Record) -> bool:
    """Whether most of the network's matrices end at a fraction of what they began as."""
    ratios = shrinkage(record, [layer.weight for layer in layers(record)])
    return bool(ratios) and float(np.median(ratios)) <= COLLAPSED

# SPDX-License-Identifier: Apache-2.0
"""The size of what a network is fed.

Unit: that of the inputs. Normal: features of mean about 0 and std about 1, images in [0, 1];
an RMS within 0.1 to 3. `spread` is the largest std of a feature over the median one: 1 to 10 in
data on one scale. Sources: LeCun et al., "Efficient BackProp" (1998), 4.3; SageMaker Debugger's
NotNormalizedData (|mean| > 0.2 over 500 images, far too strict for [0, 1] images).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Record
from backprobe.signals.memo import once


@dataclass(frozen=True)
class InputScale:
    """Facts of the training inputs, medians over the batches seen.

    Arguments:
        batches: how many were seen.
        mean, std, low, high: over all elements.
        spread: largest feature std / median feature std, NaN unknown.
        alike: share of the features' mean square that is the same in all rows, NaN unknown.
        integer: whether the inputs are ids or other whole-number tensors.
        nonfinite: largest share of NaN or infinite elements.
    """

    batches: int
    mean: float
    std: float
    low: float
    high: float
    spread: float
    alike: float
    integer: bool
    nonfinite: float

    @property
    def rms(self) -> float:
        """Root mean square of all elements."""
        return math.hypot(self.mean, self.std)


@once
def input_scale(record: Record) -> InputScale | None:
    """The scale of the training inputs, or None where no batch was seen."""
    table = record.batches
    if len(table) == 0:
        return None
    keep = ~(table.numbers("evaluation") == 1.0)
    if not keep.any():
        return None

    def middle(name: str) -> float:
        values = table.numbers(name)[keep]
        values = values[np.isfinite(values)]
        return float(np.median(values)) if values.size else math.nan

    bad = table.numbers("nonfinite")[keep]
    return InputScale(
        batches=int(keep.sum()),
        mean=middle("mean"),
        std=middle("std"),
        low=middle("min"),
        high=middle("max"),
        spread=_spread(record),
        alike=_alike(record),
        integer=middle("integer") >= 0.5,
        nonfinite=float(np.nanmax(bad)) if np.isfinite(bad).any() else 0.0,
    )


def _spread(record: Record) -> float:
    """Largest std of a feature over the median one, among those that vary; NaN unknown."""
    for event in record.named("input-features"):
        deviations = np.asarray(event.data.get("std", ()), np.float64)
        deviations = deviations[np.isfinite(deviations) & (deviations > 0.0)]
        if event.data.get("kind") == "feature" and deviations.size >= 2:
            return float(deviations.max() / np.median(deviations))
    return math.nan


def _alike(record: Record) -> float:
    """Mean square of the features' means over that of the features; NaN unknown.

    Near 1 the rows differ by little of what they are: the gradients of all rows point the same way,
    and the curvature along it is that of the means (LeCun et al. 1998, 4.3).
    """
    for event in record.named("input-features"):
        mean = np.asarray(event.data.get("mean", ()), np.float64)
        std = np.asarray(event.data.get("std", ()), np.float64)
        if event.data.get("kind") != "feature" or mean.shape != std.shape:
            continue
        known = np.isfinite(mean) & np.isfinite(std)
        same, whole = np.sum(mean[known] ** 2), np.sum(mean[known] ** 2 + std[known] ** 2)
        if known.sum() >= 2 and whole > 0.0:
            return float(same / whole)
    return math.nan

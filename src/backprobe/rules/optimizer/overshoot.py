# SPDX-License-Identifier: Apache-2.0
"""What steps that are too large leave behind: in weights, gradients, units and the loss."""

from __future__ import annotations

import math

import numpy as np

from backprobe.records import Record
from backprobe.signals.gradient_flow import gradient_flow
from backprobe.signals.layers import layers
from backprobe.signals.losses import main_loss
from backprobe.signals.progress import Progress, progress
from backprobe.signals.scores import on_the_way
from backprobe.signals.units import RECTIFIERS, shares
from backprobe.signals.updates import ratio_of

LARGE = 0.1
"""Update / weight from which a step is large under any optimizer; best learning rates: 0.01."""
SOUND = 100.0
"""Shrinkage of the first gradient below which it arrives; healthy networks: up to 10."""
NOISY = 0.3
"""Noise of the loss, over a constant answer's, of batches of a few rows; batches of 32: 0.1."""

BEYOND_NOISE = 5.0
"""Deviations of the loss from which a rise is none by chance; of thirty the largest is about 2."""


def grew_or_broke_early(state: Progress) -> bool:
    """Whether a loss that became NaN was rising before, or had no time to."""
    trend = state.trend
    if trend is None or trend.count <= 5:
        return True
    return trend.last > 2.0 * abs(trend.start) or trend.worst > 10.0 * abs(trend.start)


def growth_to_overflow(record: Record, state: Progress) -> float:
    """Growth of the loss up to the step at which it became infinite or NaN; NaN where it didn't."""
    value = main_loss(record).value
    bad = np.flatnonzero(~np.isfinite(value))
    if state.state != "nonfinite" or bad.size == 0 or bad[0] < 3:
        return math.nan
    usual = max(float(np.median(np.abs(value[: min(20, bad[0])]))), state.baseline or 0.0)
    before = float(np.abs(value[max(0, bad[0] - 3) : bad[0]]).max())
    return before / usual if usual > 0.0 else math.nan


def rises(record: Record) -> bool:
    """Whether the learning rate grows on its way, as in a warm-up."""
    lr = record.steps.numbers("lr")
    lr = lr[np.isfinite(lr)]
    return bool(lr.size) and float(lr.max()) > 2.0 * float(lr[0])


def early_spike(record: Record) -> float:
    """Largest loss of the first thirty steps over the first one; infinite where it overflowed."""
    value = main_loss(record).value[:30]
    value = value[~np.isnan(value)]
    state = progress(record)
    noisy = state.trend is not None and state.trend.noise > NOISY * (state.baseline or math.inf)
    if value.size < 2 or not value[0] > 0.0:
        return math.inf  # a loss without a scale has no such mark
    if noisy and value.size >= 15 and state.baseline is not None:
        # Batches of a row or two: single losses say nothing.
        smooth = value[: value.size // 5 * 5].reshape(-1, 5).mean(axis=1)
        return float(smooth.max() / max(float(value[0]), state.baseline))
    return float(value.max() / value[0])


def rose(record: Record) -> bool:
    """Whether the loss of the first thirty steps rose above the first one, far beyond its noise."""
    value, trend = main_loss(record).value[:30], progress(record).trend
    if value.size < 2 or trend is None or not np.isfinite(value).all():
        return False
    return float(value.max() - value[0]) > BEYOND_NOISE * trend.noise


def largest_step(record: Record, first: int | None) -> float:
    """Median over the layers of the largest update ratio in the first so many observed steps."""
    found = [x for x in layers(record) if x.weight.initial.get("zeros", 0.0) < 1.0]
    peaks = []
    for layer in [x for x in found if not x.normalised] or found:  # a norm divides its scale out
        values = ratio_of(record, layer.weight.index)
        values = values[np.isfinite(values)][:first]
        if values.size:
            peaks.append(float(values.max()))
    return float(np.median(peaks)) if peaks else math.nan


def early_growth(record: Record) -> float:
    """Median over the layers of how a weight's RMS grew within the first twenty observed steps.

    Over a whole run weights may grow several-fold in good health.
    """
    ratios = []
    for layer in layers(record):
        values = record.parameters_series.of("weight_rms", layer.weight.index)
        values = values[np.isfinite(values)][:20]
        if values.size >= 2 and values[0] > 0.0 and layer.weight.requires_grad:
            ratios.append(float(values.max() / values[0]))
    return float(np.median(ratios)) if ratios else math.nan


def median_cosine(record: Record) -> float:
    """Cosine of successive gradients, the median over tensors and steps; NaN unknown."""
    values = record.parameters_series.values.get("grad_cosine")
    if values is None or not np.isfinite(values).any():
        return math.nan
    # The last layer's cosine is dominated by the class prior; the median over tensors is robust.
    return float(np.nanmedian(values))


def units_died(record: Record) -> float:
    """Largest share of a layer's rectifiers that died while training; NaN unknown."""
    found = shares(record, "out_dead", RECTIFIERS)
    return max((x.lasting - x.first for x in found if x.observed >= 3), default=math.nan)


def fading(record: Record) -> float:
    """How many times further the gradient shrinks, once large steps were taken, than at first.

    That is its shrinkage on the way to the first layers over the first observed steps against that
    of the very first one, before any update. 1 where it did not arrive at first and the steps took
    no more of it than the initial weights had (then the network as initialised is at fault), where
    the steps were small, or where it is not known.
    """
    found = on_the_way(record, layers(record))
    at_first, after = gradient_flow(record, found, 1), gradient_flow(record, found)
    if at_first is None or after is None or not math.isfinite(at_first.shrinkage):
        return 1.0
    faded = after.shrinkage / at_first.shrinkage
    if at_first.shrinkage >= max(SOUND, faded) or largest_step(record, 10) < LARGE:
        return 1.0
    return faded

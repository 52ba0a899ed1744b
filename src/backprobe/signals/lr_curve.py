# SPDX-License-Identifier: Apache-2.0
"""What a learning-rate range test says: a rate, a range, or why it says nothing.

Unit: that of the rate. The loss keeps falling while the rate passes what is safe, so the rate at
its minimum, over ten, is near the best constant rate. It is taken from two averages: a heavy one,
as fastai's, resists noise but lags behind and points too high where the loss rises slowly; a light
one points too low where it is noisy. `valley`, the middle of the longest descent, lies about five
times below the best and is the lower end of the range.
Sources: L. Smith, 1506.01186; fastai's `minimum` and `valley` (fastai#3377); steepest descent, as
other finders have it, points into the unstable zone (`benchmarks/lr_range.py` compares them).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backprobe.signals.trend import MARGIN_SIGMAS, debiased_ema, noise_of

LEAST_POINTS = 20
"""A sweep of fewer steps has no shape."""
SKIPPED = 0.1
"""Share of the points at the start in which the average warms up (fastai)."""
TRIMMED = 5
"""Points at the end that are left out: the average lags behind a divergence (fastai)."""
HALF_LIFE = 34.3
"""Of the average, in points of a sweep of 100 (0.98 a point, fastai); of other sweeps in
proportion."""
LIGHT = 25.0
"""The light average, that a fall is judged by, has a half-life of one part in so many."""
LEAST_FALL = 0.02
"""A loss that falls by less of itself has learned nothing to speak of in the sweep."""
FALL_SIGMAS = 4.0
"""Standard errors that a fall must exceed; the lowest of many averages is low by chance too."""
RISE = 0.1
"""Beyond its minimum the loss must rise by this share of its fall, or the end was not reached."""
MOST = 3
"""Sweeps at most."""
AGREE = 0.5
"""Decades within which two sweeps agree, so that no third is needed."""
APART = 1.0
"""Decades by which sweeps may differ; beyond, no number stands for them."""
MINIMUM_OVER = 10.0
"""The minimum over this is the upper end (fastai's `minimum`)."""


@dataclass(frozen=True)
class Reading:
    """What one sweep says.

    Arguments:
        low: the valley.
        high: a tenth of the rate at the minimum of the heavily smoothed loss.
        lowest: the rate at the minimum of the lightly smoothed loss.
        fall: how much that loss fell, as a share of what it began with.
        refused: why it says nothing, or None.
    """

    low: float = math.nan
    high: float = math.nan
    lowest: float = math.nan
    fall: float = math.nan
    refused: str | None = None

    @property
    def suggestion(self) -> float:
        """A tenth of the rate at the minimum, midway between what the two averages say."""
        return math.sqrt(self.high * self.lowest / MINIMUM_OVER)

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest of all that was read."""
        read_off = (self.low, self.high, self.lowest / MINIMUM_OVER)
        return min(read_off), max(read_off)


@dataclass(frozen=True)
class Advice:
    """What several sweeps say together.

    Arguments:
        suggestion: a rate, or None.
        range: lowest and highest reading, or None.
        refused: why there is no suggestion, or None.
        readings: of each sweep.
    """

    suggestion: float | None = None
    range: tuple[float, float] | None = None
    refused: str | None = None
    readings: tuple[Reading, ...] = field(default=())


def read(lr: ArrayLike, loss: ArrayLike) -> Reading:
    """Reads one sweep.

    Arguments:
        lr: rates [n], rising.
        loss: losses [n], as measured, one a rate.
    """
    rates, losses = np.asarray(lr, np.float64), np.asarray(loss, np.float64)
    finite = np.isfinite(losses)
    if losses.size and not finite[: max(1, losses.size // 10)].all():
        return Reading(refused="the loss is not finite at the lowest rates already")
    rates, losses = rates[finite], losses[finite]
    if rates.size < LEAST_POINTS:
        return Reading(
            refused=f"the sweep has {rates.size} finite losses; {LEAST_POINTS} are needed. Begin "
            "at a lower rate or take more steps"
        )
    light = debiased_ema(losses, rates.size / LIGHT)
    at, head = int(np.argmin(light)), max(5, int(SKIPPED * rates.size))
    start, best, lowest = float(np.mean(losses[:head])), float(light[at]), float(rates[at])
    noise = noise_of(losses[: max(head, at)])
    fall = start - best
    share = fall / max(abs(start), 1e-300)
    width = 2.9 * rates.size / LIGHT  # points that the light average is as good as
    margin = FALL_SIGMAS * noise * math.sqrt(1.0 / head + 1.0 / width)
    if fall <= margin or (losses.min() > 0 and share < LEAST_FALL):
        return Reading(lowest=lowest, fall=share, refused=_flat(start, best, noise))
    if not _rises(losses, best, fall, noise):
        why = f"the loss still falls at the highest rate, {rates[-1]:.2g}: raise it (end_lr)"
        return Reading(lowest=lowest, fall=share, refused=why)
    smooth = debiased_ema(losses, HALF_LIFE * max(1.0, rates.size / 100.0))
    smooth = smooth[: _end(smooth)]
    inner = slice(int(SKIPPED * smooth.size), max(smooth.size - TRIMMED, 0))
    kept = smooth[inner]
    if not kept.size or int(np.argmin(kept)) == 0:
        why = "the loss rises from the lowest rate on: begin lower (start_lr)"
        return Reading(lowest=lowest, fall=share, refused=why)
    kept_rates = rates[: smooth.size][inner]
    high = float(kept_rates[int(np.argmin(kept))]) / MINIMUM_OVER
    return Reading(float(kept_rates[valley(kept)]), high, lowest, share)


def combine(readings: Sequence[Reading]) -> Advice:
    """What sweeps say together: the geometric mean of those that say something.

    Half of them or more refusing is a refusal, and so are readings more than a decade apart.
    """
    sound = [one for one in readings if one.refused is None]
    if not readings or (2 * len(sound) <= len(readings) and len(sound) < 2):
        reasons = [one.refused for one in readings if one.refused is not None]
        why = max(reasons, key=reasons.count) if reasons else "nothing was measured"
        return Advice(refused=why, readings=tuple(readings))
    logs = [math.log10(one.suggestion) for one in sound]
    bounds = min(one.range[0] for one in sound), max(one.range[1] for one in sound)
    if max(logs) - min(logs) > APART:
        said = ", ".join(f"{one.suggestion:.2g}" for one in sound)
        return Advice(
            range=bounds,
            refused=f"the sweeps disagree ({said}): the loss is too noisy; use larger batches or "
            "more steps",
            readings=tuple(readings),
        )
    suggestion = 10.0 ** (sum(logs) / len(logs))
    return Advice(suggestion, bounds, None, tuple(readings))


def enough(readings: Sequence[Reading]) -> bool:
    """Whether another sweep would hardly change what is said.

    One sweep does not know how much the next will differ; two that agree do, and so do two that
    refuse. What is not finite stays so.
    """
    if len(readings) >= MOST or (readings and not readings[0].lowest > 0):
        return True
    if len(readings) < 2:
        return False
    first, second = readings[0], readings[1]
    if (first.refused is None) != (second.refused is None):
        return False
    if first.refused is not None:
        return True
    return abs(math.log10(first.suggestion / second.suggestion)) < AGREE


def focus(reading: Reading, start: float, end: float) -> tuple[float, float]:
    """Where another sweep looks closer: three decades below the minimum, to one above it.

    Arguments:
        reading: of a sweep that was not sure.
        start: lowest rate that was asked for.
        end: highest rate that was asked for.
    """
    if not reading.lowest > 0:
        return start, end
    low, high = max(start, reading.lowest / 1e3), min(end, reading.lowest * 10.0)
    return (low, high) if high > 10.0 * low else (start, end)


def valley(smooth: NDArray[np.float64]) -> int:
    """Position of the middle of the middle third of the longest descent (fastai's `valley`).

    The descent is the longest falling subsequence; its span is counted in points.
    """
    n = smooth.size
    length = np.ones(n, np.int64)
    for position in range(1, n):
        before = length[:position][smooth[:position] > smooth[position]]
        if before.size:
            length[position] = before.max() + 1
    end = int(np.argmax(length))
    start = end - int(length[end])
    return max(0, int(start + (end - start) / 2))


def _end(smooth: NDArray[np.float64]) -> int:
    """Points until the average is four times its best, as fastai stops."""
    if smooth.min() <= 0:
        return int(smooth.size)
    best = np.minimum.accumulate(smooth)
    over = np.flatnonzero(smooth > 4.0 * best)
    return int(over[0]) + 1 if over.size else int(smooth.size)


def _rises(losses: NDArray[np.float64], lowest: float, fall: float, noise: float) -> bool:
    tail = losses[-TRIMMED:]
    margin = max(RISE * fall, MARGIN_SIGMAS * noise / math.sqrt(tail.size))
    return float(np.median(tail)) > lowest + margin or float(losses[-1]) > lowest + 2 * fall


def _flat(start: float, lowest: float, noise: float) -> str:
    return (
        f"the loss stays flat ({start:.4g} at the start, at best {lowest:.4g}, noise {noise:.2g}): "
        "nothing is learned at any rate; check the data, the loss and whether gradients reach the "
        "weights"
    )

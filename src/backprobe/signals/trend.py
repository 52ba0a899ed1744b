# SPDX-License-Identifier: Apache-2.0
"""The course of a noisy curve: where it began, where it ends, and how sure that is.

Unit: that of the curve. There is no normal range; `Trend.margin` says which differences are noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAD_TO_STD = 1.4826
"""Standard deviation of a normal distribution with median absolute deviation 1."""
MARGIN_SIGMAS = 3.0
"""Differences of window means below three standard errors are noise (two-sided p = 0.003)."""

BLOWN_UP = 10.0
"""Noise does not make the first steps' mean so many times the first value."""


@dataclass(frozen=True)
class Trend:
    """What a curve did.

    Arguments:
        count: finite values.
        bad: share of values that are NaN or infinite.
        first: the first value.
        start: mean of the first window (1 to 5 values); where that lies an order of magnitude above
            the first value, the first value: the first steps blew the curve up.
        best: lowest window mean.
        worst: highest window mean.
        last: mean of the last window (a tenth of the curve, 5 to 200 values).
        last_error: what `last` may be off by from noise alone.
        noise: standard deviation of one value around the curve, from its differences.
        margin: what two window means may differ by from noise alone.
        slope: change per step over the last third, from a least-squares line.
        slope_error: standard error of `slope`.
    """

    count: int
    bad: float
    first: float
    start: float
    best: float
    worst: float
    last: float
    last_error: float
    noise: float
    margin: float
    slope: float
    slope_error: float

    @property
    def fell(self) -> bool:
        """Whether it ends below its start by more than noise."""
        return self.count > 1 and self.start - self.last > self.margin

    @property
    def rose(self) -> bool:
        """Whether it ends above its start by more than noise."""
        return self.count > 1 and self.last - self.start > self.margin

    @property
    def still_falling(self) -> bool:
        """Whether the last third goes down by more than three standard errors."""
        return self.count >= 30 and self.slope < -MARGIN_SIGMAS * self.slope_error

    @property
    def pace(self) -> float:
        """The fall of the last third over the average fall of a step; 0 where it did not fall.

        1 is a straight line. An exponential is at a half when a fifth of its fall so far is still
        to come, at a third when a twelfth is.
        """
        average = (self.start - self.last) / max(1, self.count)
        return -self.slope / average if average > 0.0 else 0.0


def debiased_ema(values: ArrayLike, half_life: float) -> NDArray[np.float64]:
    """Exponential moving average [n], corrected for its empty start (as in Adam, 1412.6980).

    Arguments:
        values: the curve [n]; a non-finite value leaves the average where it was.
        half_life: steps after which a value weighs half.
    """
    curve = np.asarray(values, np.float64)
    decay = 0.5 ** (1.0 / max(half_life, 1e-9))
    out = np.full(curve.shape, np.nan)
    total = weight = 0.0
    for position, value in enumerate(curve.tolist()):
        if np.isfinite(value):
            total = decay * total + (1.0 - decay) * value
            weight = decay * weight + (1.0 - decay)
        if weight > 0.0:
            out[position] = total / weight
    return out


def noise_of(values: ArrayLike) -> float:
    """Standard deviation of single values around a smooth curve.

    Differences of neighbours cancel the curve; their median absolute deviation resists spikes.
    """
    differences = np.diff(np.asarray(values, np.float64))
    if differences.size == 0:
        return 0.0
    spread = float(np.median(np.abs(differences - np.median(differences))))
    return MAD_TO_STD * spread / float(np.sqrt(2.0))


def trend_of(values: ArrayLike) -> Trend | None:
    """The trend of a curve [n], or None where no value is finite."""
    with np.errstate(all="ignore"):  # a loss of 1e300 has squares that no float holds
        return _trend_of(values)


def _trend_of(values: ArrayLike) -> Trend | None:
    curve = np.asarray(values, np.float64)
    known = curve[np.isfinite(curve)]
    # A probe that thins its sampling leaves NaN that the run never had: infinities are the run's.
    bad = float(np.mean(~np.isfinite(curve))) if curve.size else 0.0
    n = known.size
    if n == 0:
        return None
    head = max(1, min(5, n // 20))
    width = min(n, max(5, min(200, n // 10)))
    tail = known[-width:]
    means = _window_means(known, width)
    noise = noise_of(known)
    third = known[-max(2, n // 3) :]
    first, start = float(known[0]), float(np.mean(known[:head]))
    if first > 0.0 and start > BLOWN_UP * first:
        start = first
    slope, error = _line(third)
    return Trend(
        count=n,
        bad=bad,
        first=first,
        start=start,
        best=float(means.min()),
        worst=float(means.max()),
        last=float(np.mean(tail)),
        last_error=MARGIN_SIGMAS * noise / float(np.sqrt(width)),
        noise=noise,
        margin=MARGIN_SIGMAS * noise * float(np.sqrt(1.0 / head + 1.0 / width)),
        slope=slope,
        slope_error=error,
    )


def _window_means(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.concatenate([[0.0], np.cumsum(values)])
        means = (total[width:] - total[:-width]) / width
    return np.where(np.isfinite(means), means, np.inf)


def _line(values: NDArray[np.float64]) -> tuple[float, float]:
    """Slope per step of a least-squares line, and its standard error."""
    n = values.size
    if n < 3:
        return 0.0, float("inf")
    scale = float(np.max(np.abs(values))) or 1.0
    y = values / scale
    x = np.arange(n) - (n - 1) / 2
    squares = float(np.sum(x * x))
    slope = float(np.sum(x * (y - y.mean())) / squares)
    rest = y - y.mean() - slope * x
    return slope * scale, scale * float(np.sqrt(np.sum(rest * rest) / max(n - 2, 1) / squares))

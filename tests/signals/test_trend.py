# SPDX-License-Identifier: Apache-2.0
"""Trends of noisy curves."""

import numpy as np
import pytest

from backprobe.signals.trend import debiased_ema, noise_of, trend_of


def test_ema_of_a_constant_is_that_constant_from_the_first_value_on() -> None:
    """The correction for the empty start leaves no bias towards zero."""
    assert np.allclose(debiased_ema([3.0] * 5, half_life=10), 3.0)


def test_ema_equals_the_weighted_mean() -> None:
    """Weights halve every half-life and sum to one."""
    values = np.array([1.0, 5.0, 2.0, 8.0])
    weights = 0.5 ** (np.arange(3, -1, -1) / 2.0)
    expected = float((weights * values).sum() / weights.sum())
    assert debiased_ema(values, half_life=2)[-1] == pytest.approx(expected)


def test_ema_passes_over_what_is_not_finite() -> None:
    """A NaN leaves the average where it was."""
    ema = debiased_ema([2.0, np.nan, 2.0], half_life=1)
    assert np.allclose(ema, 2.0)


def test_noise_is_found_under_a_slope_and_despite_spikes() -> None:
    """The estimate follows the noise, not the curve and not its outliers."""
    rng = np.random.default_rng(0)
    curve = np.linspace(10, 0, 2000) + 0.1 * rng.normal(size=2000)
    curve[::100] += 50
    assert noise_of(curve) == pytest.approx(0.1, rel=0.1)


def test_flat_noise_neither_falls_nor_rises() -> None:
    """Differences within three standard errors are no trend."""
    rng = np.random.default_rng(1)
    trends = [trend_of(1 + rng.normal(size=300)) for _ in range(50)]
    assert sum(t is not None and (t.fell or t.rose) for t in trends) <= 2


def test_a_fall_beyond_noise_is_seen() -> None:
    """A slow decay under noise is a fall, and still goes on."""
    rng = np.random.default_rng(2)
    trend = trend_of(np.linspace(2, 1, 500) + 0.1 * rng.normal(size=500))
    assert trend is not None
    assert trend.fell
    assert trend.still_falling
    assert trend.slope == pytest.approx(-1 / 500, rel=0.3)


def test_pace_tells_a_straight_fall_from_one_that_levels_off() -> None:
    """A line goes on as it began; an exponential with a fifth of its fall ahead is at a half."""
    t = np.linspace(0.0, 1.0, 600)
    line, curve = trend_of(2.0 - t), trend_of(1.0 + np.exp(-1.8 * t))
    assert line is not None
    assert curve is not None
    assert line.pace == pytest.approx(1.0, abs=0.06)
    assert curve.pace == pytest.approx(0.5, abs=0.06)


def test_huge_values_do_not_overflow() -> None:
    """A loss near the end of the floats still has a trend."""
    trend = trend_of([1.0, 1e10, 1e100, 1e200, 1e308, 1e308])
    assert trend is not None
    assert trend.last > 1e300


def test_nothing_finite_has_no_trend() -> None:
    """A curve of NaN alone has none."""
    assert trend_of([np.nan, np.inf]) is None

# SPDX-License-Identifier: Apache-2.0
"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest

from backprobe.report.amounts import ago, duration, number


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (12.34, "12.3 s"),
        (250, "4 min 10 s"),
        (3_600, "1 h 0 min"),
        (183_700, "2 d 3 h"),
        (math.nan, ""),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    """The largest two units."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1, "0 s ago"), (59, "59 s ago"), (200, "3 min ago"), (2e5, "2 d ago")]
)
def test_ago(seconds: float, text: str) -> None:
    """The largest unit."""
    assert ago(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.0, "1,234"),
        (0.000123456, "0.0001235"),
        (1e30, "1e+30"),
        (math.nan, "NaN"),
        (-math.inf, "-Inf"),
        (math.inf, "Inf"),
        (0.0, "0"),
    ],
)
def test_number(value: float, text: str) -> None:
    """Four significant digits; what is not finite is spelled out."""
    assert number(value) == text

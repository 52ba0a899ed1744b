# SPDX-License-Identifier: Apache-2.0
"""Alerts: checked, and at most one of a title within its wait."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from backprobe.face.alert import AlertLevel, Alerts, seconds


def test_one_title_is_told_once_a_minute() -> None:
    """Another title is not held back; after the wait it is told again."""
    sent: list[tuple[str, str, str]] = []
    now = 0.0
    alerts = Alerts(lambda *what: sent.append(what), clock=lambda: now)
    assert alerts.alert("low", "first")
    assert not alerts.alert("low", "second")
    assert alerts.alert("other", "third", level="warn")
    now = 61.0
    assert alerts.alert("low", "fourth", level=AlertLevel.ERROR)
    assert alerts.alert("low", "fifth", wait_duration=0)
    assert not alerts.alert("low", "sixth", wait_duration=timedelta(seconds=1))
    assert sent == [
        ("low", "first", "INFO"),
        ("other", "third", "WARN"),
        ("low", "fourth", "ERROR"),
        ("low", "fifth", "INFO"),
    ]


@pytest.mark.parametrize(
    ("given", "expected"), [(None, 60.0), (5, 5.0), (0.5, 0.5), (timedelta(minutes=2), 120.0)]
)
def test_waits(given: Any, expected: float) -> None:
    """Seconds or a timedelta, a minute by default."""
    assert seconds(given) == expected


def test_what_can_not_be_meant() -> None:
    """An unknown level and a wait that is none are refused."""
    alerts = Alerts(lambda *_: None)
    with pytest.raises(ValueError, match="expected 'INFO', 'WARN' or 'ERROR'"):
        alerts.alert("t", "x", level="loud")
    with pytest.raises(TypeError, match=r"expected seconds or a datetime.timedelta"):
        alerts.alert("t", "x", wait_duration="1m")  # type: ignore[arg-type]

# SPDX-License-Identifier: Apache-2.0
"""Alerts: a titled message in the record and on standard error, at most one a title and minute."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

WAIT_SECONDS = 60.0
"""W&B's default between two alerts of one title."""


class AlertLevel(enum.Enum):
    """How grave an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


class Alerts:
    """The alerts of one run.

    Arguments:
        send: takes title, text and level of an alert that is due.
        clock: seconds that only rise.
    """

    def __init__(
        self, send: Callable[[str, str, str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._send = send
        self._clock = clock
        self._sent: dict[str, float] = {}

    def alert(
        self,
        title: str,
        text: str,
        level: str | AlertLevel | None = None,
        wait_duration: float | timedelta | None = None,
    ) -> bool:
        """Sends an alert, unless one of the same title went out within `wait_duration` seconds.

        Returns:
            Whether it was sent.

        Raises:
            ValueError: an unknown level.
            TypeError: a duration that is none.
        """
        name = level.value if isinstance(level, AlertLevel) else str(level or "INFO").upper()
        if name not in AlertLevel.__members__:
            raise ValueError(f"alert(level={level!r}): expected 'INFO', 'WARN' or 'ERROR'")
        wait = seconds(wait_duration)
        now, last = self._clock(), self._sent.get(title)
        if last is not None and now - last < wait:
            return False
        self._sent[title] = now
        self._send(str(title), str(text), name)
        return True


def seconds(duration: Any) -> float:
    """A wait in seconds; a minute where none was given.

    Raises:
        TypeError: neither a number nor a `timedelta`.
    """
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    if duration is None:
        return WAIT_SECONDS
    if isinstance(duration, int | float):
        return float(duration)
    raise TypeError(f"alert(wait_duration={duration!r}): expected seconds or a datetime.timedelta")

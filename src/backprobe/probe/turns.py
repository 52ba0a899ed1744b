# SPDX-License-Identifier: Apache-2.0
"""Who has a turn at a measurement that is too dear to be made of all at every occasion."""

from __future__ import annotations

from time import perf_counter

WHOLE = 2
"""Occasions at which all have their turn."""
SHARE = 0.002
"""Of the time since the second occasion so much may go into the later ones."""


class Turns:
    """Lets all be measured at the first occasions, and later as many as are affordable."""

    def __init__(self) -> None:
        self._occasions = 0
        self._began = 0.0
        self._credit = 0.0
        self._spent = 0.0
        self._taken = 0
        self._cost = 0.0
        self._cursor = 0
        self._left = 0
        self._count = 0

    def begin(self, count: int) -> None:
        """Begins an occasion.

        Arguments:
            count: of those that take turns, numbered from 0.
        """
        now = perf_counter()
        self._occasions += 1
        if self._taken:
            self._cost = self._spent / self._taken  # seconds of one measurement
        self._cursor = (self._cursor + self._left) % max(1, count)
        if self._occasions <= WHOLE or self._cost == 0.0:
            self._left, self._credit = 1 << 30, 0.0
        else:
            self._credit += SHARE * (now - self._began)
            self._left = min(count, int(self._credit / self._cost))
            self._credit -= self._left * self._cost
        self._began, self._spent, self._taken = now, 0.0, 0
        self._count = count

    def has(self, number: int) -> bool:
        """Whether one is to be measured at this occasion."""
        return self._left >= self._count or (number - self._cursor) % self._count < self._left

    def took(self, seconds: float) -> None:
        """Counts a measurement that was made."""
        self._spent += seconds
        self._taken += 1

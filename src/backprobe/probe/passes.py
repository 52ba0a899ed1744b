# SPDX-License-Identifier: Apache-2.0
"""Passes over a loader that end before its batches do, one like the other, or have none at all."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

HABIT = 3
"""Passes in a row that end after as many batches: a limit, not a chance."""
HABIT_OF_ONE = 12
"""The same of passes of one batch, which is also a way to draw batches."""


class Passes:
    """Counts the batches of each pass over one data set."""

    def __init__(self) -> None:
        self._iterator: weakref.ref[Any] | None = None
        self._drawn = 0
        self._length = 0
        self._last = 0
        self._alike = 0

    def served(self, iterator: Any, cut: Callable[[int, int], None]) -> None:
        """Counts a batch.

        Arguments:
            iterator: that served it.
            cut: called with batches drawn and batches there are, once, when the habit shows.
        """
        if self._iterator is None or self._iterator() is not iterator:
            if self._drawn:
                self._end(cut)
            self._iterator = weakref.ref(iterator)
            self._drawn = 0
            try:
                self._length = len(iterator)
            except TypeError:  # a stream has no length
                self._length = 0
        self._drawn += 1
        if self._drawn >= self._length:  # workers that persist serve the next pass as well
            self._drawn = self._alike = 0

    def _end(self, cut: Callable[[int, int], None]) -> None:
        """A pass ended with batches left."""
        same = self._drawn == self._last
        self._alike = self._alike + 1 if same else 1
        self._last = self._drawn
        if self._alike == (HABIT if self._drawn > 1 else HABIT_OF_ONE):
            cut(self._drawn, self._length)


class Ends:
    """Counts how often an iterator that has ended is asked again, with no batch in between."""

    def __init__(self) -> None:
        self._iterator: weakref.ref[Any] | None = None
        self._again = 0

    def served(self) -> None:
        """A batch came, of whatever loader."""
        self._iterator = None

    def ended(self, iterator: Any, tell: Callable[[int], None]) -> None:
        """An iterator has no further batch.

        Arguments:
            iterator: of a loader.
            tell: called with the number of passes in vain, where they are a habit; then each time
                they have doubled.
        """
        if self._iterator is None or self._iterator() is not iterator:
            self._iterator, self._again = weakref.ref(iterator), 0
            return
        self._again += 1
        if self._again == HABIT or (self._again > HABIT and self._again & (self._again - 1) == 0):
            tell(self._again)

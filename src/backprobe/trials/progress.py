# SPDX-License-Identifier: Apache-2.0
"""A progress bar over trials, on standard error where that is a terminal."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType

from backprobe.trials.nouns import Trial

BAR = 24
"""Characters of the bar."""
ERASE = "\r\x1b[K"


class Progress:
    """Counts trials that ended against those that are planned.

    Arguments:
        visible: whether to draw anything.
    """

    def __init__(self, visible: bool) -> None:
        self._visible = visible
        self._done = 0
        self._total = 0
        self._last = ""
        self._began = time.monotonic()

    def plan(self, left: int) -> None:
        """So many trials are still to come."""
        self._total = self._done + left
        self._draw()

    def tell(self, trial: Trial) -> None:
        """A trial ended."""
        self._done += 1
        self._last = f"{trial.arm}, seed {trial.seed}"
        self._draw()

    def line(self) -> str:
        """What is drawn: a bar, counts, minutes and seconds, and what ended last."""
        full = BAR * self._done // max(self._total, 1)
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        bar = "━" * min(full, BAR) + "─" * (BAR - min(full, BAR))
        return (
            f"trials {bar} {self._done}/{self._total} {minutes}:{seconds:02} {self._last}".rstrip()
        )

    def _draw(self) -> None:
        if self._visible:
            room = shutil.get_terminal_size().columns - 1
            sys.stderr.write(ERASE + self.line()[:room])
            sys.stderr.flush()

    def __enter__(self) -> Progress:
        self._draw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._visible:
            sys.stderr.write(ERASE)
            sys.stderr.flush()

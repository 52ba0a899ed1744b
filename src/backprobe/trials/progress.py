# SPDX-License-Identifier: Apache-2.0
"""A progress bar over trials, on standard error where that is a terminal."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from types import TracebackType

from backprobe.trials.nouns import Trial

BAR = 24
"""Characters of the bar."""
ERASE = "\r\x1b[K"
SECONDS = 1.0
"""Between two looks at the clock."""


class Progress:
    """Counts trials that ended against those that are planned.

    Its clock goes on while nothing ends, so that a long trial does not look like a dead one.

    Arguments:
        visible: whether to draw anything.
        noun: what is counted.
    """

    def __init__(self, visible: bool, noun: str = "trials") -> None:
        self._visible = visible
        self._noun = noun
        self._ended = threading.Event()
        self._lock = threading.Lock()
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
        self._total = max(self._total, self._done)  # more than were planned
        self._last = f"{trial.arm}, seed {trial.seed}"
        self._draw()

    def line(self) -> str:
        """What is drawn: a bar, counts, minutes and seconds, and what ended last."""
        full = BAR * self._done // max(self._total, 1)
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        bar = "━" * min(full, BAR) + "─" * (BAR - min(full, BAR))
        counts = f"{self._done}/{self._total}" if self._total else "…"
        return f"{self._noun} {bar} {counts} {minutes}:{seconds:02} {self._last}".rstrip()

    def _draw(self) -> None:
        with self._lock:
            if self._visible and not self._ended.is_set():
                room = shutil.get_terminal_size().columns - 1
                sys.stderr.write(ERASE + self.line()[:room])
                sys.stderr.flush()

    def _tick(self) -> None:
        while not self._ended.wait(SECONDS):
            self._draw()

    def __enter__(self) -> Progress:
        self._draw()
        if self._visible:
            threading.Thread(target=self._tick, name="backprobe-progress", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._ended.set()
            if self._visible:
                sys.stderr.write(ERASE)
                sys.stderr.flush()

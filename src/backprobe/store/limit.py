# SPDX-License-Identifier: Apache-2.0
"""Keeps the log of one process within a limit: old steps are thinned before anything is stopped.

The thinning runs in a process of its own, at the lowest priority, so that it takes no time of the
training's; only what was written meanwhile is copied with the log held (milliseconds).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from backprobe.store.sizes import amount
from backprobe.store.thinning import HEAVY, thin
from backprobe.store.writer import LogWriter

THINNED = 0.5
"""Share of the limit that a thinned log should have."""
AGAIN = 0.25
"""Share of the limit that a thinned log may grow by at least before it is thinned again."""
FULL = 0.9
"""Share of the limit from which on a thinned log is full."""
PACKAGE = Path(__file__).resolve().parents[2]
PROGRAM = (
    "import os, sys; hasattr(os, 'nice') and os.nice(19); sys.path.append(sys.argv.pop(1));"
    "from backprobe.store.thinning import main; main(sys.argv[1:])"
)


class RecordLimit:
    """Watches the size of a log; `tick` is called every second or so.

    Arguments:
        writer: of the log.
        most: bytes that the log may have; None for no limit.
        say: tells the user one line.
    """

    def __init__(self, writer: LogWriter, most: int | None, say: Callable[[str], None]) -> None:
        self._writer = writer
        self._most = most
        self._say = say
        self._next = float("inf") if most is None else float(most)
        self._child: subprocess.Popen[str] | None = None
        self._told = False
        self._copy = writer.path.with_suffix(".thin")

    def tick(self) -> None:
        """Begins a thinning where one is due, and takes the result of one that has ended."""
        if self._child is not None:
            if self._child.poll() is not None:
                self._take()
        elif self._most is not None and self._writer.size > self._next:
            self._begin(int(self._most * THINNED))

    def end(self) -> None:
        """Gives up a thinning that is going on; the log stays as it is."""
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None
        self._copy.unlink(missing_ok=True)

    def _begin(self, target: int) -> None:
        arguments = [str(self._writer.path), str(target), str(self._copy)]
        plain = {k: v for k, v in os.environ.items() if not k.startswith("BACKPROBE_")}
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(PACKAGE), *arguments],
                env=plain,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        except (OSError, TypeError, ValueError):  # no processes here, or no executable known
            self._put(thin(self._writer.path, target, self._copy))

    def _take(self) -> None:
        child, self._child = self._child, None
        answer = "" if child is None else child.communicate()[0]
        try:
            self._put(json.loads(answer))
        except (ValueError, KeyError, TypeError):
            self._stop()

    def _put(self, done: Mapping[str, Any]) -> None:
        most = self._most or 0
        before = self._writer.size
        if not self._writer.replace(self._copy, int(done["upto"]), int(done["frames"])):
            self._copy.unlink(missing_ok=True)
            self._stop()
            return
        self._next = max(float(most), done["bytes"] + AGAIN * most)
        self._writer.event("thinned", before=before, after=self._writer.size, every=done["every"])
        self._tell(
            f"the record reached {amount(most)}: of its older steps fewer are kept from "
            "now on; what the script logs itself stays whole"
        )
        if done["bytes"] > FULL * most:  # what must stay is too much already
            self._stop()

    def _stop(self) -> None:
        """What is large is no longer written: the rows of steps and of `log()` go on."""
        if self._writer.refused:
            self._next += AGAIN * (self._most or 0)
            return
        self._writer.refused = frozenset(HEAVY)
        self._next = float("inf")
        text = "the record is full: from here on only steps, events and rows of log() are kept"
        self._writer.event("blind-spot", text=text)
        self._say(text)

    def _tell(self, text: str) -> None:
        if not self._told:
            self._told = True
            self._writer.event("blind-spot", text=text)
            self._say(text)

# SPDX-License-Identifier: Apache-2.0
"""The one place that wires store and diagnosis: this process's part in a run.

A process joins the run that `backprobe run` made (`BACKPROBE_RUN` is its folder) or makes its own.
The probe and the W&B face register themselves here; nothing here needs torch.
"""

from __future__ import annotations

import atexit
import os
import platform
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backprobe.diagnose import diagnose as run_rules
from backprobe.records import Finding, Run
from backprobe.store import catalog
from backprobe.store.reader import RunReader, log_name
from backprobe.store.writer import LogWriter

FLUSH_SECONDS = 0.5
"""The probe's blocks are on their way to the disk at most so long after they were measured."""
TOUCH_FLUSHES = 20
"""Flushes between two signs of life of a log in which nothing is written."""

RUN_VARIABLE = "BACKPROBE_RUN"

_current: Session | None = None
_lock = threading.RLock()


class Session:
    """This process's part in a run: its log, and the thread that flushes what was measured.

    Arguments:
        run: the run.
        owner: whether this process made the run and so closes it.
    """

    def __init__(self, run: Run, owner: bool) -> None:
        self.run = run
        self.owner = owner
        self.pid = os.getpid()
        self.rank = int(os.environ.get("RANK") or 0)
        self.world = int(os.environ.get("WORLD_SIZE") or 1)
        path = Path(run.path) / log_name(self.rank, self.pid)
        self.writer = LogWriter(path, self.say)
        self._sources: list[Callable[[], None]] = []
        self._before_end: list[Callable[[], None]] = []
        self._stop = threading.Event()
        self._flush_lock = threading.Lock()
        self.ended = False
        self.writer.event(
            "process",
            rank=self.rank,
            world=self.world,
            pid=self.pid,
            python=platform.python_version(),
            argv=sys.argv,
            main=str(getattr(sys.modules.get("__main__"), "__file__", "") or ""),
        )
        self._thread = threading.Thread(target=self._loop, name="backprobe-flush", daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        """Tells the user something on standard error, in one line."""
        print(f"backprobe: {line}", file=sys.stderr, flush=True)

    def add_source(self, drain: Callable[[], None]) -> None:
        """Registers what moves a collector's buffer into the log; called from the flush thread."""
        self._sources.append(drain)

    def before_end(self, action: Callable[[], None]) -> None:
        """Registers what is done once, before the log is closed."""
        self._before_end.append(action)

    def flush(self) -> None:
        """Moves everything that was measured so far into the log."""
        with self._flush_lock:
            for drain in list(self._sources):
                try:
                    drain()
                except Exception as error:  # never into the user's loop; told once
                    self._sources.remove(drain)
                    self.writer.event("failure", collector=repr(drain), error=repr(error))
                    self.say(f"a collector failed and is off from now on: {error!r}")

    def finish(self, exit_code: int = 0) -> None:
        """Ends this process's part; the owner closes the run. Idempotent."""
        global _current
        with _lock:
            if self.ended or os.getpid() != self.pid:
                return
            self.ended = True
            if _current is self:
                _current = None
        self._stop.set()
        for action in self._before_end:
            try:
                action()
            except Exception as error:
                self.writer.event("failure", collector=repr(action), error=repr(error))
        self.flush()
        self.writer.event("end", exit_code=exit_code)
        self.writer.close()
        if self.owner:
            try:
                self.run = catalog.close(self.run, exit_code)
            except OSError as error:
                self.say(f"cannot close {self.run.path}: {error}")

    def _loop(self) -> None:
        flushes = 0
        while not self._stop.wait(FLUSH_SECONDS):
            self.flush()
            flushes += 1
            if flushes % TOUCH_FLUSHES == 0:
                self.writer.touch()


def current() -> Session | None:
    """The session of this process, or None; a forked child has none of its own."""
    return _current if _current is not None and _current.pid == os.getpid() else None


def start(**facts: Any) -> Session:
    """The session of this process, begun where there is none.

    Arguments:
        facts: fields of `Run` (`name`, `project`, `config` …). Where the launcher made the run
            they are kept in the log instead of `run.json`.

    Raises:
        OSError: the run's folder can't be made.
    """
    global _current
    with _lock:
        found = current()
        if found is not None:
            return found
        folder = os.environ.get(RUN_VARIABLE)
        joined = catalog.read(Path(folder)) if folder else None
        if joined is not None:
            _current = Session(joined, owner=False)
            if facts:
                _current.writer.event("identity", **facts)
        else:
            command = tuple(getattr(sys, "orig_argv", sys.argv))
            run = catalog.create(catalog.store_directory(), command=command, **facts)
            _current = Session(run, owner=True)
        return _current


def diagnose(run: Run, ignore: tuple[str, ...] = ()) -> list[Finding]:
    """Today's rules over a stored run: its findings, the likeliest cause first.

    Arguments:
        run: as `backprobe.store.catalog.find` gives it.
        ignore: rule names that stay silent.
    """
    reader = RunReader(run)
    reader.refresh()
    return run_rules(reader.record(), ignore)


@atexit.register
def _at_exit() -> None:
    session = current()
    if session is not None:
        session.finish(1 if getattr(sys, "last_value", None) is not None else 0)

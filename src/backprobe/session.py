# SPDX-License-Identifier: Apache-2.0
"""The one place that wires store and diagnosis: this process's part in a run.

A process joins the run that `backprobe run` made (`BACKPROBE_RUN` is its folder) or makes its own.
The probe and the W&B face register themselves here; nothing here needs torch.
"""

from __future__ import annotations

import atexit
import os
import platform
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from backprobe import settings
from backprobe.diagnose import diagnose as run_rules
from backprobe.records import Finding, Record, Run
from backprobe.report.status import Status
from backprobe.store import catalog, redact
from backprobe.store.board import Board
from backprobe.store.console import Console
from backprobe.store.environment import Capture
from backprobe.store.limit import RecordLimit
from backprobe.store.reader import RunReader, new_log
from backprobe.store.system import SystemMeter
from backprobe.store.terminal import Terminal
from backprobe.store.writer import LogWriter

FLUSH_SECONDS = 0.5
"""The probe's blocks are on their way to the disk at most so long after they were measured."""
SYSTEM_FLUSHES = 10
"""Flushes between two samples of how busy the machine is: 5 s."""
TOUCH_FLUSHES = 20
"""Flushes between two signs of life of a log in which nothing is written."""

_current: Session | None = None
_lock = threading.RLock()
_console: Console | None = None


class Log(LogWriter):
    """The log of a session; remembers the last rows of `steps` for the status line."""

    latest: Mapping[str, NDArray[Any]] | None = None

    def frame(
        self, header: Mapping[str, Any], columns: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        """Writes one frame, see `LogWriter.frame`."""
        if columns and header.get("stream") == "steps" and len(columns["step"]):
            self.latest = columns
        super().frame(header, columns)


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
        self.rank, self.world = _place()
        self._disk_failed = False
        self.writer = Log(new_log(Path(run.path), self.rank, self.pid), self.cannot_write)
        most = settings.record_limit()
        share = None if most is None else most // max(1, self.world)
        self._limit = RecordLimit(self.writer, share, self.say)
        self._sources: list[Callable[[], None]] = []
        self._before_end: list[Callable[[], None]] = []
        self._stop = threading.Event()
        self._flush_lock = threading.Lock()
        self.ended = False
        self.exit_code = 0
        self.writer.event(
            "process",
            rank=self.rank,
            world=self.world,
            pid=self.pid,
            python=platform.python_version(),
            argv=redact.arguments(sys.argv),
            main=str(getattr(sys.modules.get("__main__"), "__file__", "") or ""),
        )
        self._status = self._attach_console()
        capture = Capture(
            lambda facts: self.writer.event("environment", **facts),
            full=self.rank == 0,
            again=settings.trial() is not None,
        )
        self.before_end(capture.join)
        self._thread = threading.Thread(target=self._loop, name="backprobe-flush", daemon=True)
        self._thread.start()

    @property
    def flushing(self) -> bool:
        """Whether the caller is this session's own thread, which does nothing but watching."""
        return threading.current_thread() is self._thread

    def say(self, line: str) -> None:
        """Tells the user something on standard error, in one line."""
        print(f"backprobe: {line}", file=sys.stderr, flush=True)

    def cannot_write(self, line: str) -> None:
        """Tells of a disk that takes nothing more, the first time."""
        if not self._disk_failed:
            self._disk_failed = True
            self.say(line)

    def describe(self, **facts: Any) -> None:
        """Keeps what the script says of its run (`name`, `tags`, `config` …; fields of `Run`).

        It goes into the log, and for lists of runs into `script.json`, which rank 0 writes.
        """
        for key in ("config", "summary"):
            if facts.get(key):
                self.writer.event(key, **facts[key])
        identity = {key: value for key, value in facts.items() if key not in ("config", "summary")}
        if identity:
            self.writer.event("identity", **identity)
        if self.rank == 0 and not self.ended:
            try:
                catalog.amend(self.run, **facts)
            except OSError as error:
                self.cannot_write(f"cannot write into {self.run.path}: {error.strerror or error}")
        self.run = replace(self.run, **facts)

    def add_source(self, drain: Callable[[], None]) -> None:
        """Registers what moves a collector's buffer into the log; called from the flush thread."""
        self._sources.append(drain)

    def before_end(self, action: Callable[[], None]) -> None:
        """Registers what is done once, before the log is closed."""
        self._before_end.append(action)

    def on_line(self, action: Callable[[], None]) -> None:
        """Registers what is called after each line that this process prints, by its thread."""
        console = follow_console()
        console.on_line = action
        self.before_end(lambda: setattr(console, "on_line", _ignore))

    def flush(self) -> None:
        """Moves everything that was measured so far into the log."""
        with self._flush_lock:
            for drain in list(self._sources):
                try:
                    drain()
                except Exception as error:  # noqa: BLE001  # never into the user's loop; told once
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
            self.exit_code = exit_code
            if _current is self:
                _current = None
        self._stop.set()
        for action in self._before_end:
            try:
                action()
            except Exception as error:  # noqa: BLE001  # the other actions still follow
                self.writer.event("failure", collector=repr(action), error=repr(error))
        self.flush()
        self._limit.end()
        self.writer.event("end", exit_code=exit_code)
        self.writer.close()
        if self.owner:
            try:
                self.run = catalog.close(self.run, exit_code)
            except OSError as error:
                self.cannot_write(f"cannot close {self.run.path}: {error.strerror or error}")

    def _attach_console(self) -> Status:
        console = follow_console()
        board = console.terminal.board if console.terminal is not None else Board(None)

        def emit(descriptor: int, text: str) -> None:
            steps: Any = (self.writer.latest or {}).get("step", ())
            step = int(steps[-1]) if len(steps) else -1
            self.writer.frame({"stream": "console", "fd": descriptor, "text": text, "step": step})

        self.add_source(lambda: console.drain(emit))
        status = Status(console, board, lambda: self.writer.latest)

        def end() -> None:
            status.end()
            console.drain(emit, end=True)

        self.before_end(end)
        return status

    def _loop(self) -> None:
        flushes = 0
        meter = SystemMeter()
        while not self._stop.wait(FLUSH_SECONDS):
            self.flush()
            try:
                self._status.tick()
            except Exception as error:  # noqa: BLE001  # a line less on the terminal, not a flusher less
                self.writer.event("failure", collector="status line", error=repr(error))
                self._status.end()
            try:
                self._limit.tick()
            except Exception as error:  # noqa: BLE001  # the record grows on, the training goes on
                self.writer.event("failure", collector="record limit", error=repr(error))
                self._limit = RecordLimit(self.writer, None, self.say)
            flushes += 1
            if flushes % SYSTEM_FLUSHES == 1:
                columns = meter.sample()
                if columns:
                    self.writer.frame({"stream": "system"}, columns)
            if flushes % TOUCH_FLUSHES == 0:
                self.writer.touch()


def _ignore() -> None:
    """Nobody wants to know."""


def _place() -> tuple[int, int]:
    """This process's rank and the number of ranks: as its launcher says, or as torch knows it.

    Processes that a script spawns itself may tell `init_process_group` alone.
    """
    distributed: Any = sys.modules.get("torch.distributed")
    try:
        if distributed is not None and distributed.is_initialized():
            return int(distributed.get_rank()), int(distributed.get_world_size())
    except (AttributeError, RuntimeError, ValueError):  # a torch built without it
        pass
    return int(os.environ.get("RANK") or 0), int(os.environ.get("WORLD_SIZE") or 1)


def follow_console() -> Console:
    """Begins to keep what this process prints; the first session takes it from there.

    Called as soon as torch is imported, so that the record has what came before the first step.
    """
    global _console
    with _lock:
        if _console is None:
            board = Board(settings.live_file())
            _console = Console(Terminal(board) if board.path is not None else None)
            atexit.register(_console.uninstall)
        _console.install()
        return _console


def current() -> Session | None:
    """The session of this process, or None; a forked child has none of its own."""
    return _current if _current is not None and _current.pid == os.getpid() else None


def start(run: Run | None = None, **facts: Any) -> Session:
    """The session of this process, begun where there is none.

    Arguments:
        run: an earlier run to go on with instead of making one; a launcher's run comes first.
        facts: fields of `Run` (`name`, `project`, `config` …). Where the run is there already
            they are kept beside `run.json`; a name or project from the command line stays.

    Raises:
        OSError: the run's folder can't be made.
    """
    global _current
    with _lock:
        found = current()
        if found is not None:
            if unclaimed := _unclaimed(found.run, facts):
                found.describe(**unclaimed)
            return found
        folder = settings.run_folder()
        joined = catalog.read(folder) if folder else None
        if joined is not None:
            _current = Session(joined, owner=False)
            if unclaimed := _unclaimed(joined, facts):
                _current.describe(**unclaimed)
        elif run is not None:
            _current = Session(catalog.reopen(run), owner=True)
            if facts:
                _current.describe(**facts)
        else:
            facts = {
                "command": tuple(redact.arguments(getattr(sys, "orig_argv", sys.argv))),
                "ignore": settings.ignored_rules(),
                **facts,
            }
            made = catalog.create(catalog.store_directory(), **facts)
            _current = Session(made, owner=True)
        return _current


def _unclaimed(run: Run, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts without those that the command line has given already."""
    claimed = {"id", *(["name"] if run.name != run.id else []), *(["project"] * bool(run.project))}
    return {key: value for key, value in facts.items() if key not in claimed}


def diagnose(run: Run, ignore: tuple[str, ...] = ()) -> list[Finding]:
    """Today's rules over a stored run: its findings, the likeliest cause first.

    Arguments:
        run: as `backprobe.store.catalog.find` gives it.
        ignore: rule names that stay silent, beside those that the run or the project silenced.
    """
    return examine(run, ignore)[1]


def examine(run: Run, ignore: tuple[str, ...] = ()) -> tuple[Record, list[Finding]]:
    """A stored run's record, and `diagnose` of it."""
    reader = RunReader(run, rows=False)
    reader.refresh()
    record = reader.record()
    return record, run_rules(record, (*run.ignore, *settings.ignored_rules(), *ignore))


@atexit.register
def _at_exit() -> None:
    error = getattr(sys, "last_value", None)
    interrupted = isinstance(error, KeyboardInterrupt)
    session = current()
    if session is not None:
        session.finish(-signal.SIGINT if interrupted else 0 if error is None else 1)
    if interrupted:
        _stay_interrupted()


def _stay_interrupted() -> None:
    """Keeps the exit status of Ctrl-C, death by SIGINT.

    CPython remembers an interrupt in a flag that every `eval` of a text clears, also those of an
    import on the way out (a named tuple is enough); one that is interrupted sets it again.
    """
    try:
        eval("interrupt()", {"interrupt": _interrupt})
    except KeyboardInterrupt:
        pass


def _interrupt() -> None:
    raise KeyboardInterrupt

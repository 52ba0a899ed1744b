# SPDX-License-Identifier: Apache-2.0
"""The runs that are open in a page: each is read once and then followed; the oldest is let go."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backprobe.records import Record, Run
from backprobe.server.errors import Refusal
from backprobe.store import catalog
from backprobe.store.reader import LogReader, RunReader

READERS = 256
"""So many runs are kept open."""
READER_BYTES = 512 << 20
"""The logs of the runs that are kept open have at most so many bytes together."""
KEEP_SECONDS = 1.0
"""So long after a run was read its columns are kept: what the page asks for first comes first."""


@dataclass(frozen=True)
class Process:
    """One process of a run: its rank, the size of its world, and how many steps it took."""

    log: str
    rank: int
    world: int
    steps: int


@dataclass(frozen=True)
class View:
    """A run as it was when the view was taken.

    Arguments:
        record: of the process that trained.
        log: the log it came from; None where there is none yet.
        length: bytes read of all logs: the version of everything derived from them.
        processes: all processes, the one of `record` first.
    """

    record: Record
    log: LogReader | None
    length: int
    processes: tuple[Process, ...] = ()
    cache: dict[Any, Any] = field(default_factory=dict, compare=False)
    """What was derived of the record; it lives as long as the record is the newest."""


@dataclass
class Follower:
    """Follows one run; `view` reads what is new and builds only what changed.

    Arguments:
        run: as it was found.
        keeps: whether the columns of a long run that ended are kept for the next server.
        lock: whoever looks holds it.
    """

    run: Run
    keeps: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._reader = RunReader(self.run, rows=False, lazily=True)
        self._built: dict[str, tuple[tuple[int, int, Run], Record]] = {}
        self._cache: tuple[Record | None, dict[Any, Any]] = (None, {})

    @property
    def length(self) -> int:
        """Bytes read so far."""
        return sum(log.offset for log in self._reader.logs.values())

    def view(self) -> View:
        """The run as of now."""
        with self.lock:
            self.run = catalog.read(Path(self.run.path)) or self.run
            self._reader.run = self.run
            if self._reader.refresh() and self.keeps and self.run.state != "running":
                # Nothing moves any more, so no lock is needed; who asked need not wait for it.
                later = threading.Timer(KEEP_SECONDS, self._reader.keep)
                later.name, later.daemon = "backprobe-keep", True
                later.start()
            records = sorted(
                ((self._record(name, log), log) for name, log in self._reader.logs.items()),
                key=lambda pair: (pair[0].rank, -len(pair[0].steps)),
            )
            if not records:
                return View(Record(run=self.run), None, 0)
            record, log = records[0]
            processes = tuple(
                Process(log.path.name, record.rank, record.world, len(record.steps))
                for record, log in records
            )
            if self._cache[0] is not record:
                self._cache = (record, {})
            return View(record, log, self.length, processes, self._cache[1])

    def _record(self, name: str, log: LogReader) -> Record:
        version = (log.assembled.frames, len(log.damage), self.run)
        known = self._built.get(name)
        if known is None or known[0] != version:
            known = self._built[name] = (version, log.assembled.record(self.run, log.damage))
        return known[1]


class Readers:
    """The followers of a store, at most `READERS` of them and `READER_BYTES` of logs.

    Arguments:
        directory: the store.
        keeps: whether columns of long runs are kept in it.
    """

    def __init__(self, directory: Path, keeps: bool = False) -> None:
        self.directory = directory
        self.keeps = keeps
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Follower] = OrderedDict()

    def run(self, identifier: str) -> Run:
        """The run of that id.

        Raises:
            Refusal: 404, the store has none.
        """
        # Only a plain folder name: nothing of a request leads out of the store.
        plain_name = identifier not in ("", ".", "..") and not set("/\\\0") & set(identifier)
        run = catalog.read(self.directory / identifier) if plain_name else None
        if run is None or run.id != identifier:
            raise Refusal(404, f"no run {identifier!r} in {self.directory}")
        return run

    def follow(self, identifier: str) -> Follower:
        """The follower of a run, opened where it is not yet.

        Raises:
            Refusal: 404, the store has no such run.
        """
        run = self.run(identifier)
        with self._lock:
            follower = self._open.pop(identifier, None)
            if follower is None or follower.run.created != run.created:
                follower = Follower(run, self.keeps)
            self._open[identifier] = follower
            while len(self._open) > 1 and self._too_much():
                self._open.popitem(last=False)
        return follower

    def view(self, identifier: str) -> View:
        """The run as of now.

        Raises:
            Refusal: 404, the store has no such run.
        """
        return self.follow(identifier).view()

    def forget(self, identifier: str) -> None:
        """Closes a run that is no longer in the store."""
        with self._lock:
            self._open.pop(identifier, None)

    def forget_all(self) -> None:
        """Closes all runs: they are read anew when they are next asked for."""
        with self._lock:
            self._open.clear()

    def _too_much(self) -> bool:
        size = sum(follower.length for follower in self._open.values())
        return len(self._open) > READERS or size > READER_BYTES

# SPDX-License-Identifier: Apache-2.0
"""Reads the logs of one run, also while they are being written, into records."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from backprobe.records import Record, Run
from backprobe.store import columns
from backprobe.store.assemble import Assembler, State
from backprobe.store.frames import HEAD, Damage, Frame, decode, missing
from backprobe.store.merge import merge

LOG_NAME = re.compile(r"rank(\d+)-p(\d+)(?:-(\d+))?\.log$")
CHUNK = 1 << 22
"""Bytes read at once; a buffer of a longer frame grows with it."""


def log_name(rank: int, pid: int) -> str:
    """File name of the log of one process."""
    return f"rank{rank}-p{pid}.log"


def new_log(folder: Path, rank: int, pid: int) -> Path:
    """Where a process writes: a log of its own, also when an earlier process had its id."""
    path = folder / log_name(rank, pid)
    count = 0
    while path.exists():
        count += 1
        path = folder / f"rank{rank}-p{pid}-{count}.log"
    return path


@dataclass
class LogReader:
    """Follows one log file; each `refresh` takes what was appended since the last.

    Arguments:
        path: the log.
        offset: so many bytes were read and understood, or given up.
        damage: what could not be read, in words.
        sequence: the number that the next frame should have.
        inode: of the file that was read; another one is a thinned copy, and read from its begin.
        rows: whether rows of `log()` are kept whole; else columns that an earlier reader kept of
            a long log will do (`store.columns`).
        lazily: whether such columns are read when they are first asked for; that may raise
            `stored.Stale`.
        upto: nothing behind that byte is read.
    """

    path: Path
    offset: int = 0
    damage: list[str] = field(default_factory=list)
    assembled: Assembler = field(init=False)
    sequence: int = 0
    inode: int = 0
    rows: bool = True
    lazily: bool = False
    upto: int | None = None
    kept: int = 0
    """Up to this byte the columns are kept beside the log."""

    def __post_init__(self) -> None:
        self.assembled = Assembler(self.rows)

    def keep(self) -> None:
        """Keeps the columns of a long log for the next reader."""
        if not self.rows and self.offset >= columns.LEAST_BYTES and self.kept != self.offset:
            self.kept = self.offset
            columns.save(
                self.path,
                columns.Kept(self.offset, self.sequence, self.damage, self.assembled),
            )

    def refresh(self, ended: bool = False) -> int:
        """Reads on to the end of the file; returns how many new frames there were.

        The file is opened anew each time and read only: on network file systems another host's
        appends show only after a new `open`.

        Arguments:
            ended: nothing more will be written, so that a frame cut short is damage.
        """
        before = self.assembled.frames
        pending = 0
        try:
            with open(self.path, "rb", buffering=0) as file:
                if self._replaced(os.fstat(file.fileno())):
                    before = 0
                size = os.fstat(file.fileno()).st_size
                size = size if self.upto is None else min(size, self.upto)
                if self.offset == 0 and size >= columns.LEAST_BYTES:
                    self._recall()
                file.seek(self.offset)
                # One buffer that stays in the processor's cache: new memory for each piece took
                # as long as reading it.
                buffer = bytearray(min(CHUNK, max(size - self.offset, HEAD.size)))
                while count := file.readinto(
                    memoryview(buffer)[pending : self._end(file, pending)]
                ):
                    filled = pending + count
                    frames, damage, used = decode(buffer, 0, max(0, size - file.tell()), filled)
                    self._report(damage)
                    base, self.offset = self.offset, self.offset + used
                    more = max(0, size - self.offset) / max(self.offset, 1)
                    self.assembled.add(self._in_sequence(frames, bool(damage)), more, base)
                    pending = filled - used
                    del frames  # they look into the buffer
                    buffer = _moved(buffer, used, filled, size - file.tell())
        except FileNotFoundError:
            pass
        if ended and pending:
            self._report([Damage(0, pending, "the last frame was cut short")])
            self.offset += pending
        return self.assembled.frames - before

    def _end(self, file: FileIO, pending: int) -> int | None:
        """Up to where a buffer that has some bytes is filled at most."""
        return None if self.upto is None else pending + self.upto - file.tell()

    def _replaced(self, file: os.stat_result) -> bool:
        """Whether the log is another file than before; if so all that was read is forgotten."""
        known, self.inode = self.inode, file.st_ino
        if known in (0, file.st_ino) and file.st_size >= self.offset:
            return False
        self.offset = self.sequence = self.kept = 0
        self.damage = []
        self.assembled = Assembler(self.rows)
        return True

    def _recall(self) -> None:
        """Takes what an earlier reader kept."""
        if self.rows or self.upto is not None:
            return
        found = columns.load(self.path, lambda upto: _again(self.path, upto), self.lazily)
        if found is not None:
            self.offset = self.kept = found.offset
            self.sequence, self.damage = found.sequence, found.damage
            self.assembled = found.assembled

    def _report(self, damage: list[Damage]) -> None:
        self.damage += [
            f"{self.path.name}, bytes {d.start + self.offset}-{d.end + self.offset}: {d.reason}"
            for d in damage
        ]

    def _in_sequence(self, frames: list[Frame], damaged: bool) -> list[Frame]:
        """The frames without repeats; tells of numbers that are missing though no byte is bad."""
        sound = []
        for frame in frames:
            if frame.sequence < self.sequence:
                self.damage.append(f"{self.path.name}: frame {frame.sequence} is there again")
                continue
            missing = frame.sequence - self.sequence
            if missing and not damaged:
                self.damage.append(
                    f"{self.path.name}: {missing} frame{'s' * (missing > 1)} before frame "
                    f"{frame.sequence} could not be written"
                )
            self.sequence = frame.sequence + 1
            sound.append(frame)
        return sound


def _again(path: Path, upto: int) -> State:
    """What the log itself holds up to a byte."""
    reader = LogReader(path, rows=False, upto=upto)
    reader.refresh()
    return reader.assembled.state()


def _moved(buffer: bytearray, used: int, filled: int, beyond: int) -> bytearray:
    """The buffer with what was not used at its begin, with room for the whole of that frame.

    Arguments:
        buffer: as it was read.
        used: bytes that were understood.
        filled: bytes that were read.
        beyond: bytes of the log that follow.
    """
    pending = filled - used
    room = pending + min(missing(memoryview(buffer)[used:filled]), beyond)
    target = bytearray(room) if room > len(buffer) else buffer
    memoryview(target)[:pending] = memoryview(buffer)[used:filled]  # they may overlap
    return target


class RunReader:
    """Follows all logs of one run.

    Arguments:
        run: the run, as `backprobe.store.catalog` found it; `run.path` is its folder.
        rows, lazily: as for `LogReader`.
    """

    def __init__(self, run: Run, rows: bool = True, lazily: bool = False) -> None:
        self.run = run
        self.rows = rows
        self.lazily = lazily
        self.logs: dict[str, LogReader] = {}

    def refresh(self) -> int:
        """Reads what is new in every log; returns the number of new frames."""
        for path in sorted(Path(self.run.path).glob("rank*.log")):
            if LOG_NAME.fullmatch(path.name) and path.name not in self.logs:
                self.logs[path.name] = LogReader(path, rows=self.rows, lazily=self.lazily)
        ended = self.run.state != "running"
        return sum(log.refresh(ended) for log in self.logs.values())

    def keep(self) -> None:
        """Keeps the columns of long logs for the next reader; what can't be written is not kept."""
        for log in self.logs.values():
            log.keep()

    def records(self) -> list[Record]:
        """One record a process, the ones of rank 0 first, within a rank the most steps first."""
        built = [log.assembled.record(self.run, log.damage) for log in self.logs.values()]
        return sorted(built, key=lambda record: (record.rank, -len(record.steps)))

    def record(self) -> Record:
        """The record of what trained: of all ranks together, of each its process of most steps."""
        records = self.records()
        if not records:
            return Record(run=self.run)
        return merge(records) if len({record.rank for record in records}) > 1 else records[0]

# SPDX-License-Identifier: Apache-2.0
"""Reads the logs of one run, also while they are being written, into records."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from backprobe.records import Record, Run
from backprobe.store.assemble import Assembler
from backprobe.store.frames import decode

LOG_NAME = re.compile(r"rank(\d+)-p(\d+)(?:-(\d+))?\.log$")
CHUNK = 1 << 24
"""Bytes read at once: a frame is far smaller, and a reader of a long log stays small."""


def log_name(rank: int, pid: int) -> str:
    """File name of the log of one process."""
    return f"rank{rank}-p{pid}.log"


@dataclass
class LogReader:
    """Follows one log file; each `refresh` takes what was appended since the last."""

    path: Path
    offset: int = 0
    damage: list[str] = field(default_factory=list)
    assembled: Assembler = field(default_factory=Assembler)

    def refresh(self) -> int:
        """Reads on to the end of the file; returns how many new frames there were.

        The file is opened anew each time and read only: on network file systems another host's
        appends show only after a new `open`.
        """
        before = self.assembled.frames
        try:
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                pending = b""
                while chunk := file.read(CHUNK):
                    data = pending + chunk
                    frames, damage, used = decode(data)
                    self.assembled.add(frames)
                    self.damage += [
                        f"{self.path.name}, bytes {d.start + self.offset}-{d.end + self.offset}: "
                        f"{d.reason}"
                        for d in damage
                    ]
                    self.offset += used
                    pending = data[used:]
        except FileNotFoundError:
            pass
        return self.assembled.frames - before


class RunReader:
    """Follows all logs of one run.

    Arguments:
        run: the run, as `backprobe.store.catalog` found it; `run.path` is its folder.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.logs: dict[str, LogReader] = {}

    def refresh(self) -> int:
        """Reads what is new in every log; returns the number of new frames."""
        for path in sorted(Path(self.run.path).glob("rank*.log")):
            if LOG_NAME.fullmatch(path.name) and path.name not in self.logs:
                self.logs[path.name] = LogReader(path)
        return sum(log.refresh() for log in self.logs.values())

    def records(self) -> list[Record]:
        """One record a process, the ones of rank 0 first, within a rank the most steps first."""
        built = [log.assembled.record(self.run, log.damage) for log in self.logs.values()]
        return sorted(built, key=lambda record: (record.rank, -len(record.steps)))

    def record(self) -> Record:
        """The record of the process that trained: of the lowest rank, with the most steps."""
        records = self.records()
        return records[0] if records else Record(run=self.run)

# SPDX-License-Identifier: Apache-2.0
"""What a stored run's `log` calls gave: its rows and its summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backprobe.face.summary import Summary
from backprobe.records import Event, Record, Run
from backprobe.store.assemble import Assembler
from backprobe.store.reader import RunReader

Row = tuple[int, float, Mapping[str, Any]]
"""Step, seconds since the epoch, and values."""


class Rows:
    """The history of a stored run, read anew each time it is asked for.

    Of several processes those of the lowest rank that logged anything count, in the order of time:
    every rank of a distributed training usually logs the same.

    Arguments:
        run: as the catalog gives it.
    """

    def __init__(self, run: Run) -> None:
        self._reader = RunReader(run)
        self.follow(run)

    def follow(self, run: Run) -> None:
        """Reads what was appended since.

        Arguments:
            run: as the catalog gives it now.
        """
        self.run = self._reader.run = run
        self._reader.refresh()
        config: dict[str, Any] = {**self.run.config}
        for event in self.events("config"):
            config.update(event.data)
        self.run = replace(self.run, config=config)

    def all(self) -> list[Row]:
        """All rows, in the order in which they were logged."""
        rows = [row for log in self._logs() for row in log.rows]
        return sorted(rows, key=lambda row: row[1]) if len(self._logs()) > 1 else rows

    def events(self, *names: str) -> list[Event]:
        """The events of these names, in the order of time."""
        found = [e for log in self._assembled() for e in log.events if e.name in names]
        return sorted(found, key=lambda event: event.time)

    def record(self) -> Record:
        """The record of the process that trained."""
        return self._reader.record()

    def summary(self) -> dict[str, Any]:
        """The summary: as the run left it, else made of its rows and of what the user set."""
        return dict(self.run.summary) if closed(self.run) else self.replay().as_dict()

    def replay(self) -> Summary:
        """The summary as it came about: from the rows, the definitions and what the user set."""
        summary = Summary()
        happened: list[tuple[float, Any]] = [(row[1], row) for row in self.all()]
        happened += [(event.time, event) for event in self.events("metric", "summary")]
        for _, what in sorted(happened, key=lambda pair: pair[0]):
            if isinstance(what, Event):
                if what.name == "metric":
                    summary._metrics.restore(what.data)
                else:
                    summary._values.update(what.data)
            else:
                summary._logged(what[2])
        rows = self.all()
        if rows:
            step, now, _ = rows[-1]
            clock = {"_step": step, "_timestamp": now, "_runtime": now - self.run.created}
            summary._values.update(clock)
        return summary

    def _assembled(self) -> list[Assembler]:
        return [log.assembled for log in self._reader.logs.values()]

    def _logs(self) -> list[Assembler]:
        with_rows = [log for log in self._assembled() if log.rows]
        lowest = min((_rank(log) for log in with_rows), default=0)
        return [log for log in with_rows if _rank(log) == lowest]


def closed(run: Run) -> bool:
    """Whether the script ended its run itself, so that lists have its config and summary whole."""
    return run.state != "running" and "_step" in run.summary


def _rank(log: Assembler) -> int:
    ranks = [int(e.data.get("rank", 0)) for e in log.events if e.name == "process"]
    return ranks[-1] if ranks else 0

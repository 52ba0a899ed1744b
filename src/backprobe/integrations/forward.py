# SPDX-License-Identifier: Apache-2.0
"""Follows a run and passes its metrics and findings on to another tracker.

In a process of its own, from the run's files: the training pays nothing for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from backprobe.records import Finding, Record, Run
from backprobe.report import markdown
from backprobe.session import examine
from backprobe.store import catalog
from backprobe.store.reader import RunReader

PROBED = ("loss", "lr", "grad_norm")
"""Columns of the probe that are passed on, as `probe/…`; the others are in the dashboard."""
POLL_SECONDS = 1.0


class Missing(ImportError):  # noqa: N818 - it is an answer to the user more than a fault
    """The other tracker is not installed; the text says how to get it."""


class Sink(Protocol):
    """Another tracker, as a run is passed on to it."""

    place: str
    """Where the user finds it, in words."""

    def metrics(self, step: int, now: float, values: Mapping[str, float]) -> None:
        """Takes numbers of one step."""

    def findings(self, found: list[Finding], text: str) -> None:
        """Takes what was found, and the report as Markdown."""

    def end(self, state: str) -> None:
        """The run ended in that state."""


def follow(run: Run, sink: Sink, wait: Callable[[float], None] = time.sleep) -> int:
    """Passes on all of a run, until it has ended.

    Arguments:
        run: as the catalog gives it.
        sink: where it goes.
        wait: sleeps so many seconds between two looks.

    Returns:
        How many steps had something to pass on.
    """
    reader = RunReader(run)
    sent: dict[str, int] = {}
    steps = count = 0
    while True:
        run = catalog.read(Path(run.path)) or replace(run, state="crashed")
        ended = run.state != "running"
        reader.run = run
        reader.refresh()
        for name, log in reader.logs.items():
            rows = log.assembled.rows
            ready = len(rows) if ended else len(rows) - 1  # the last may still grow
            for step, now, values in rows[sent.get(name, 0) : ready]:
                count += _pass(sink, step, now, values)
            sent[name] = max(ready, sent.get(name, 0))
        record = reader.record()
        steps, passed = _probed(sink, record, steps)
        count += passed
        if ended:
            break
        wait(POLL_SECONDS)
    record, found = examine(run)
    sink.findings(found, markdown.render(found, record))
    sink.end(run.state)
    return count


def _pass(sink: Sink, step: int, now: float, values: Mapping[str, Any]) -> int:
    numbers = {
        key: number for key, value in values.items() if (number := _float(value)) is not None
    }
    if numbers:
        sink.metrics(step, now, numbers)
    return bool(numbers)


def _probed(sink: Sink, record: Record, begin: int) -> tuple[int, int]:
    """Passes on the rows of the steps from `begin` on; gives their new number and how many."""
    table = record.steps
    for row in range(begin, len(table)):
        values = {
            f"probe/{name}": float(table[name][row])
            for name in PROBED
            if name in table and table[name][row] == table[name][row]
        }
        if values:
            now = float(table["time"][row]) if "time" in table else record.run.created
            sink.metrics(int(table["step"][row]), now, values)
    return len(table), len(table) - begin


def _float(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, (int, float)) else None
    except OverflowError:  # an integer that no float64 holds
        return None

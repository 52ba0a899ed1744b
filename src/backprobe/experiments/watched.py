# SPDX-License-Identifier: Apache-2.0
"""A short training of live objects under the probe, in a record of its own, for the rules."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backprobe.diagnose import diagnose
from backprobe.probe import entry, patches
from backprobe.probe.probe import Probe
from backprobe.records import Finding, Record
from backprobe.store import catalog
from backprobe.store.reader import RunReader, new_log
from backprobe.store.writer import LogWriter


class _Part:
    """What the probe needs of a session: a log, and nothing of the process's own run."""

    def __init__(self, folder: Path) -> None:
        self.run = catalog.create(folder, name="pre-flight", kind="trial")
        self.writer = LogWriter(new_log(Path(self.run.path), 0, self.run.pid), lambda _line: None)
        self.rank, self.world, self.pid, self.ended = 0, 1, self.run.pid, False
        self.exit_code = 0
        self.flushing = False
        self._drains: list[Callable[[], None]] = []

    def add_source(self, drain: Callable[[], None]) -> None:
        """Registers what is drained at the end."""
        self._drains.append(drain)

    def before_end(self, action: Callable[[], None]) -> None:
        """The probe is ended by `finish`."""

    def on_line(self, action: Callable[[], None]) -> None:
        """Nothing is printed in between."""

    def say(self, line: str) -> None:
        """Nothing: what goes wrong here is not the user's."""

    def record(self) -> Record:
        """What was measured."""
        for drain in self._drains:
            drain()
        self.writer.event("end", exit_code=0)
        self.writer.close()
        reader = RunReader(catalog.close(self.run, 0))
        reader.refresh()
        return reader.record()


def watched(train: Callable[[], Any]) -> tuple[list[Finding], Record]:
    """What the rules find in what `train` does, and the record of it.

    A probe that watches this process already is set aside meanwhile.

    Arguments:
        train: makes some steps.
    """
    with tempfile.TemporaryDirectory(prefix="backprobe-") as folder, _aside():
        part = _Part(Path(folder))
        probe = Probe(part, None)  # type: ignore[arg-type]  # it uses what `_Part` has
        patches.install(entry.attached, entry.began, entry.present)
        entry._probe = probe
        probe.attach()
        try:
            train()
        finally:
            probe.finish()
            entry._probe = None
        record = part.record()
        return diagnose(record), record


@contextmanager
def _aside() -> Iterator[None]:
    """Sets the process's own probe aside."""
    before = entry._probe
    was_attached = before is not None and before.attached
    automatic = entry._automatic
    if before is not None and was_attached:
        before.detach()
    entry._automatic = False
    try:
        yield
    finally:
        entry._probe, entry._automatic = before, automatic
        if before is not None and was_attached:
            before.attach()

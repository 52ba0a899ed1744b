# SPDX-License-Identifier: Apache-2.0
"""Keeps what the script says of its run: at once in the log, soon in `script.json` for lists."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from backprobe.session import Session
from backprobe.store import catalog

SUMMARY_SECONDS = 10.0
"""A list of runs shows the summary of a live run so late at most."""


class Facts:
    """What the script said of its run so far, and its way into the record.

    Arguments:
        session: this process's part in the run.
        config: gives the whole config.
        summary: gives the whole summary.
    """

    def __init__(
        self,
        session: Session,
        config: Callable[[], Mapping[str, Any]],
        summary: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.session = session
        self._config = config
        self._summary = summary
        self._pending: dict[str, Any] = {}
        self._written: Mapping[str, Any] = {}
        self._due = time.monotonic() + SUMMARY_SECONDS
        self._told = self._closed = False
        self._lock = threading.Lock()
        session.add_source(self.flush)

    def config(self, changes: Mapping[str, Any]) -> None:
        """Keeps config values that were set."""
        self.session.writer.event("config", **changes)
        self._pending["config"] = None

    def summary(self, changes: Mapping[str, Any]) -> None:
        """Keeps summary values that the user set."""
        self.session.writer.event("summary", **changes)
        self._due = 0.0

    def identity(self, **changes: Any) -> None:
        """Keeps fields of `Run` that were set (`name`, `notes`, `tags`)."""
        self.session.writer.event("identity", **changes)
        self._pending.update(changes)

    def close(self) -> None:
        """Writes the last of it; what is said later is another run's."""
        self.flush(last=True)
        self._closed = True

    def flush(self, last: bool = False) -> None:
        """Writes what lists of runs show, where it changed; called from the flush thread."""
        with self._lock:
            if self._closed:
                return
            pending, self._pending = self._pending, {}
            if "config" in pending:
                pending["config"] = dict(self._config())
            if last or time.monotonic() >= self._due:
                self._due = time.monotonic() + SUMMARY_SECONDS
                summary = dict(self._summary())
                if summary != self._written or last:
                    pending["summary"] = self._written = summary
            if not pending or self.session.rank != 0:
                return
            try:
                catalog.amend(self.session.run, **pending)
            except OSError as error:
                if not self._told:
                    self._told = True
                    where = self.session.run.path
                    self.session.cannot_write(
                        f"cannot write into {where}: {error.strerror or error}"
                    )

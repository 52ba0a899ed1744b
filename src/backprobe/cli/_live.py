# SPDX-License-Identifier: Apache-2.0
"""Diagnoses a run while it is going on, at a low duty cycle, and tells each sure finding once."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from backprobe.diagnose import diagnose
from backprobe.records import SEVERITIES, Finding, Record, Run
from backprobe.store.reader import RunReader

MIN_SECONDS = 2.0
DUTY = 50.0
"""Pause after a diagnosis, in multiples of what it took: at most 2 % of one core."""
SURE = 0.8
"""Confidence from which a finding is told before the run has ended."""
NICENESS = 10


class Live(threading.Thread):
    """Reads a run's record again and again until `finish`.

    Arguments:
        run: the run; its folder is written by the child.
        ignore: rules that stay silent.
        tell: called with each sure finding once, and with how many there are so far.
    """

    def __init__(
        self,
        run: Run,
        ignore: tuple[str, ...],
        tell: Callable[[Finding, int], None],
    ) -> None:
        super().__init__(name="backprobe-live", daemon=True)
        self._reader = RunReader(run, rows=False)
        self._ignore = ignore
        self._tell = tell
        self._stop_asked = threading.Event()
        self._before: set[tuple[str, tuple[str, ...]]] = set()
        self._told: set[tuple[str, tuple[str, ...]]] = set()
        self.error: Exception | None = None

    def run(self) -> None:
        """Diagnoses until `finish`; a fault ends it and is kept in `error`."""
        try:
            os.nice(NICENESS)  # on Linux this thread only; elsewhere a launcher that mostly sleeps
        except OSError:
            pass
        pause = MIN_SECONDS
        while not self._stop_asked.wait(pause):
            began = time.perf_counter()
            try:
                if self._reader.refresh():
                    self._look()
            except Exception as error:  # noqa: BLE001  # the report at the end still comes
                self.error = error
                return
            pause = max(MIN_SECONDS, DUTY * (time.perf_counter() - began))

    def finish(self) -> tuple[Record, list[Finding]]:
        """Ends the thread; the whole record and its findings, the likeliest cause first."""
        self._stop_asked.set()
        if self.is_alive():
            self.join()
        self._reader.refresh()
        self._reader.keep()
        record = self._reader.record()
        return record, diagnose(record, self._ignore)

    def _look(self) -> None:
        found = diagnose(self._reader.record(), self._ignore)
        sure = {
            (one.rule, one.where): one
            for one in found
            if (one.confidence >= SURE or _leads(one, found))
            and SEVERITIES.index(one.severity) > 0
            and one.kind == "cause"  # what it explains is told at the end, under it
        }
        # What is seen in two successive diagnoses is no artefact of a record cut at a bad moment.
        for key, one in sure.items():
            if key in self._before and key not in self._told:
                self._told.add(key)
                self._tell(one, len(self._told))
        self._before = set(sure)


def _leads(cause: Finding, found: list[Finding]) -> bool:
    """Whether it is the likeliest of the causes of an error that is itself sure.

    Two causes that explain the same NaN share the confidence; that the run is lost is sure.
    """
    return cause.rank == 1 and any(
        one.severity == "error" and one.confidence >= SURE and cause.rule in one.explained_by
        for one in found
    )

# SPDX-License-Identifier: Apache-2.0
"""What today's rules say of each run, worked out once per length of its record and kept."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe import session
from backprobe.records import Finding, Record, Run
from backprobe.server import kept
from backprobe.store.reader import LOG_NAME

REST_SECONDS = 2.0
"""A live run is diagnosed again at the earliest so long after the last time …"""
REST_FACTOR = 10.0
"""… and not before so many times the time that the last diagnosis took: at most a tenth of a
core goes to one live run."""

LAST_STEPS = 10
"""The last loss is the mean over so many steps: the last batch alone is a matter of chance."""


@dataclass(frozen=True)
class Summary:
    """A run in brief.

    Arguments:
        length: bytes of its logs when it was diagnosed.
        findings: the likeliest cause first.
        loss: where the loss ended; see `last_loss`.
        steps: optimizer steps.
        error: why it could not be diagnosed, "" where it could.
        metrics: the last number of each key that the script logged.
        ready: monotonic time from which on a longer record is worth another diagnosis.
    """

    length: int
    findings: tuple[Finding, ...] = ()
    loss: float | None = None
    steps: int = 0
    error: str = ""
    ready: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=dict)


class Diagnoses:
    """Summaries of runs; a thread of its own works out those that a list asks for.

    Arguments:
        on_new: called from that thread when a summary is new.
        keeps: whether summaries of runs that ended are kept beside them.
        summary: what works one out; `summarize` where it is None.
    """

    def __init__(
        self,
        on_new: Callable[[], None] = lambda: None,
        keeps: bool = True,
        summary: Callable[[Run], Summary] | None = None,
    ) -> None:
        self._summary = summary or summarize
        self.on_new = on_new
        self.keeps = keeps
        self._known: dict[str, Summary] = {}
        self._wanted: dict[str, Run] = {}
        self._busy: dict[str, threading.Lock] = {}
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    def latest(self, run: Run) -> Summary | None:
        """The newest summary there is, None before the first; asks for a newer one if need be."""
        known = self._known.get(run.id)
        if known is None and run.state != "running":
            known = self._remembered(run)
        if self._stale(run, known):
            with self._condition:
                self._wanted[run.id] = run
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._work, name="backprobe-diagnoses", daemon=True
                    )
                    self._thread.start()
                self._condition.notify()
        return known

    def known(self, run: Run) -> Summary | None:
        """The newest summary there is, however old; asks for nothing."""
        return self._known.get(run.id)

    def now(self, run: Run) -> Summary:
        """A summary as of now; of a live run one that is a few seconds old will do."""
        with self._condition:
            lock = self._busy.setdefault(run.id, threading.Lock())
        with lock:
            known = self._known.get(run.id)
            if known is None and run.state != "running":
                known = self._remembered(run)
            if known is None or self._stale(run, known):
                known = self._known[run.id] = self._summary(run)
                if self.keeps and run.state != "running" and not known.error:
                    kept.save(
                        run, known.length, known.findings, known.loss, known.steps, known.metrics
                    )
            return known

    def _remembered(self, run: Run) -> Summary | None:
        """A summary that an earlier server kept."""
        length = log_bytes(run)
        found = kept.load(run, length)
        if found is None:
            return None
        known = self._known[run.id] = Summary(length, **found)
        return known

    def _stale(self, run: Run, known: Summary | None) -> bool:
        if known is None:
            return True
        if known.length == log_bytes(run):
            return False
        return run.state != "running" or time.monotonic() >= known.ready

    def _work(self) -> None:
        while True:
            with self._condition:
                while not self._wanted:
                    self._condition.wait()
                # The newest wish first: it is what someone looks at.
                _, run = self._wanted.popitem()
            try:
                self.now(run)
            except Exception:  # one odd run must not leave all others unread
                logging.getLogger("uvicorn.error").exception("reading %s", run.path)
            self.on_new()


def summarize(run: Run) -> Summary:
    """Reads the run's record and diagnoses it."""
    began = time.monotonic()
    length = log_bytes(run)
    record = Record(run=run)
    findings: list[Finding] = []
    error = ""
    try:
        record, findings = session.examine(run)
    except Exception as fault:  # noqa: BLE001  (one odd record must not hide all others)
        error = f"this record could not be diagnosed: {fault!r}"
    ended = time.monotonic()
    ready = ended + max(REST_SECONDS, REST_FACTOR * (ended - began))
    return Summary(
        length,
        tuple(findings),
        last_loss(record),
        len(record.steps),
        error,
        ready,
        {key: float(values[-1]) for key, (_, values) in record.history.items() if len(values)},
    )


def last_loss(record: Record) -> float | None:
    """Where the loss ended: the mean over the last steps, or what is no number if it ended so.

    Of the optimizer's steps, else of the `loss` that the user logged; None where there is neither.
    """
    values: NDArray[Any] = record.steps["loss"]
    for key in ("loss", "train_loss", "train/loss"):
        if not len(values) and key in record.history:
            values = record.history[key][1]
    if not len(values):
        return None
    if not np.isfinite(values[-1]):
        return float(values[-1])
    ending = values[-LAST_STEPS:]
    return float(ending[np.isfinite(ending)].mean())


def log_bytes(run: Run) -> int:
    """Bytes of the run's logs as of now: the version of its record."""
    size = 0
    try:
        with os.scandir(run.path) as entries:
            for entry in entries:
                if LOG_NAME.fullmatch(entry.name):
                    with contextlib.suppress(OSError):
                        size += entry.stat().st_size
    except OSError:
        return size
    return size

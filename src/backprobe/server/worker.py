# SPDX-License-Identifier: Apache-2.0
"""Diagnoses in a process of their own: rules over a long record leave the server free to answer."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from backprobe.records import Run
from backprobe.server.diagnoses import Summary, summarize

LARGE_BYTES = 16 << 20
"""After a record of so many bytes its memory is given back at once."""
NICENESS = 5
"""Whoever waits for an answer comes first."""


class Worker:
    """One process that summarises runs, one at a time; begun when the first is asked for.

    It ends with the server. Where it can't be had, or dies, the run is summarised here.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Connection[Any, Any] | None = None

    def summarize(self, run: Run) -> Summary:
        """As `diagnoses.summarize`, elsewhere."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = _begin()
                self._connection.send(run)
                found = self._connection.recv()
            except (OSError, EOFError):
                self._connection = None
                found = None
        return found if isinstance(found, Summary) else summarize(run)


def _begin() -> Connection[Any, Any]:
    # A fresh interpreter: a fork would copy locks that threads of the server hold.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_work, args=(theirs,), name="backprobe-diagnoses", daemon=True
    )  # daemon: ended when the server ends
    process.start()
    theirs.close()
    return ours


def _work(connection: Connection[Any, Any], summary: Callable[[Run], Summary] = summarize) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to answer
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    while True:
        try:
            run = connection.recv()
        except (EOFError, OSError):
            return  # the server is gone
        found = summary(run)
        connection.send(found)
        if found.length > LARGE_BYTES:
            gc.collect()  # signals that are kept with a record hold it in circles

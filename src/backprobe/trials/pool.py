# SPDX-License-Identifier: Apache-2.0
"""Local processes: a few trials at a time, as many as cores and memory bear; no orphan stays."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psutil

from backprobe.store import catalog
from backprobe.trials.launch import Process, Task, read
from backprobe.trials.nouns import Trial

POLL_SECONDS = 0.05
LEAST_BYTES = 1 << 30
"""What a process that imports torch may take, where the original's use is not known."""


class Pool:
    """Runs trials; what was finished before is taken from the store.

    Arguments:
        directory: the store.
        jobs: how many at a time; None takes what cores and memory bear.
        memory: bytes that the original run took, 0 where not known.
    """

    def __init__(self, directory: Path, jobs: int | None = None, memory: float = 0.0) -> None:
        self.directory = directory
        self.jobs = jobs or bearable(memory)
        self._known = [run for run in catalog.runs(directory) if run.kind == "trial"]

    def run(
        self, tasks: Iterable[Task], tell: Callable[[Trial], None] = lambda _: None
    ) -> list[Trial]:
        """Runs tasks and returns their trials in the same order.

        Ctrl-C, or an end asked for by SIGTERM, ends the children and is raised again.

        Arguments:
            tasks: what to run.
            tell: called with each trial that ended.
        """
        waiting = list(enumerate(tasks))
        done: dict[int, Trial] = {}
        running: dict[int, Process] = {}
        threads = max(1, (os.cpu_count() or 1) // max(1, min(self.jobs, len(waiting))))
        with _terminable():
            try:
                while waiting or running:
                    while waiting and len(running) < self.jobs:
                        number, task = waiting.pop(0)
                        found = next((run for run in self._known if task.matches(run)), None)
                        if found is not None:
                            done[number] = read(task, found)
                            tell(done[number])
                        else:
                            running[number] = Process(task, self.directory, threads)
                    for number, process in list(running.items()):
                        status = process.poll()
                        if status is not None:
                            del running[number]
                            done[number] = process.end(status)
                            self._known.append(done[number].run)
                            tell(done[number])
                    if running:
                        time.sleep(POLL_SECONDS)
            except BaseException:
                for process in running.values():
                    process.abandon()
                raise
        return [done[number] for number in sorted(done)]


def bearable(memory: float = 0.0) -> int:
    """How many trials run at a time: one a core, and no more than fit into the free memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    fitting = int(psutil.virtual_memory().available * 0.8 / max(LEAST_BYTES, 1.3 * memory))
    return max(1, min(cores or 1, fitting))


@contextmanager
def _terminable() -> Iterator[None]:
    """Within it SIGTERM raises like Ctrl-C, so that the children are ended."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # a handler
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

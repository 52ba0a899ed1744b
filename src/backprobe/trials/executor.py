# SPDX-License-Identifier: Apache-2.0
"""What runs trials: local processes, Ray or Slurm; each takes finished trials from the store."""

from __future__ import annotations

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Self

from backprobe.store import catalog
from backprobe.trials.launch import Process, Task, bare_environment, read
from backprobe.trials.nouns import Trial

POLL_SECONDS = 0.05
Tell = Callable[[Trial], None]


class Executor(ABC):
    """Runs trials.

    Arguments:
        directory: the store; every machine that runs trials must see it, and the script.
        jobs: how many at a time.
    """

    def __init__(self, directory: Path, jobs: int) -> None:
        self.directory = directory
        self.jobs = jobs
        self._known = [run for run in catalog.runs(directory) if run.kind == "trial"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, tasks: Iterable[Task], tell: Tell = lambda _: None) -> list[Trial]:
        """Runs tasks and returns their trials in the same order.

        Ctrl-C, or an end asked for by SIGTERM, ends what runs and is raised again.

        Arguments:
            tasks: what to run; one that was finished before is taken from the store.
            tell: called with each trial that ended.
        """
        done: dict[int, Trial] = {}
        waiting: list[tuple[int, Task]] = []
        for number, task in enumerate(tasks):
            found = next((run for run in self._known if task.matches(run)), None)
            if found is None:
                waiting.append((number, task))
                continue
            done[number] = read(task, found)
            tell(done[number])
        if waiting:
            fresh = self._run(waiting, tell)
            self._known += [trial.run for trial in fresh.values()]
            done.update(fresh)
        return [done[number] for number in sorted(done)]

    @abstractmethod
    def _run(self, waiting: list[tuple[int, Task]], tell: Tell) -> dict[int, Trial]:
        """Runs what is not in the store."""

    @abstractmethod
    def close(self) -> None:
        """Ends all that it started."""

    def environment(self) -> dict[str, str]:
        """The environment of every trial; sums depend on the number of threads, so one for all."""
        return bare_environment(max(1, cores() // self.jobs))


def execute(task: Task, directory: Path, environment: Mapping[str, str]) -> Trial:
    """Runs one trial to its end, on the machine that calls it."""
    process = Process(task, directory, environment)
    try:
        while (status := process.poll()) is None:
            time.sleep(POLL_SECONDS)
    except BaseException:
        process.abandon()
        raise
    return process.end(status)


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

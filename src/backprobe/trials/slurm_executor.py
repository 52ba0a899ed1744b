# SPDX-License-Identifier: Apache-2.0
"""Trials as jobs of Slurm, through submitit."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backprobe.trials.executor import Executor, Tell, execute
from backprobe.trials.launch import Task
from backprobe.trials.nouns import Trial

JOBS = 64
"""Jobs that are queued at a time where nothing else is asked for."""
POLL_SECONDS = 0.5
MINUTES = 24 * 60
"""Longest time of a job, unless an option says otherwise; a trial has a limit of its own."""
RETRIES = 2
FOLDER = "slurm"
"""In the store: submitit's scripts and logs."""


class SlurmExecutor(Executor):
    """Runs each trial as a job.

    Every node must see the store, the script and its Python at the same paths.

    Arguments:
        directory: the store.
        jobs: how many are in the queue at a time.
        options: as submitit's `update_parameters` takes them: `slurm_partition`, `gpus_per_node` …
        cluster: "slurm", or "local" for processes of this machine that are run the same way.

    Raises:
        ImportError: submitit is not installed; the text says how to.
        RuntimeError: there is no Slurm here.
    """

    def __init__(
        self,
        directory: Path,
        jobs: int | None = None,
        options: Mapping[str, Any] | None = None,
        cluster: str = "slurm",
    ) -> None:
        try:
            import submitit  # an extra
        except ImportError as error:
            raise ImportError(
                "--executor slurm needs submitit; install it with `pip install 'backprobe[slurm]'`"
            ) from error
        super().__init__(directory.absolute(), jobs or JOBS)
        self._executor = submitit.AutoExecutor(folder=self.directory / FOLDER, cluster=cluster)
        self._executor.update_parameters(timeout_min=MINUTES, **(options or {}))
        self._jobs: dict[int, Any] = {}

    def close(self) -> None:
        """Cancels what is still queued or running."""
        for job in self._jobs.values():
            if not job.done():
                job.cancel()
        self._jobs = {}

    def _run(self, waiting: list[tuple[int, Task]], tell: Tell) -> dict[int, Trial]:
        environment = self.environment()
        tasks, tries = list(waiting), dict.fromkeys((number for number, _ in waiting), 0)
        by_number = dict(waiting)
        done: dict[int, Trial] = {}
        try:
            while tasks or self._jobs:
                while tasks and len(self._jobs) < self.jobs:
                    number, task = tasks.pop(0)
                    self._jobs[number] = self._executor.submit(
                        execute, task, self.directory, environment
                    )
                for number, job in list(self._jobs.items()):
                    if not job.done():
                        continue
                    del self._jobs[number]
                    error = job.exception()
                    if error is None:
                        done[number] = job.result()
                        tell(done[number])
                    elif tries[number] < RETRIES:
                        tries[number] += 1
                        tasks.append((number, by_number[number]))
                    else:
                        raise RuntimeError(f"a job of Slurm failed {RETRIES + 1} times: {error}")
                time.sleep(POLL_SECONDS)
        except BaseException:
            self.close()
            raise
        return done

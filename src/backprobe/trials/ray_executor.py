# SPDX-License-Identifier: Apache-2.0
"""Trials as tasks of Ray: on this machine, or on the cluster at an address."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backprobe.trials.executor import Executor, Tell, execute
from backprobe.trials.launch import Task
from backprobe.trials.nouns import Trial

RETRIES = 3
"""A worker that is killed, or whose machine goes, loses its trial; it is run again so often."""


class RayExecutor(Executor):
    """Runs each trial in a worker of Ray.

    Every machine must see the store, the script and its Python at the same paths.

    Arguments:
        directory: the store.
        jobs: how many at a time; None takes what the cluster has.
        address: of a cluster, as `ray.init` takes it; None starts one here.
        options: of a task, as `ray.remote` takes them, such as `num_gpus`.

    Raises:
        ImportError: Ray is not installed; the text says how to.
        ConnectionError: there is no cluster at the address.
    """

    def __init__(
        self,
        directory: Path,
        jobs: int | None = None,
        address: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        try:
            import ray  # an extra: a second's import, and nobody else needs it
        except ImportError as error:
            raise ImportError(
                "--executor ray needs Ray; install it with `pip install 'backprobe[ray]'`"
            ) from error
        self._ray: Any = ray
        self._began = not ray.is_initialized()
        if self._began:
            self._ray.init(
                address=address,
                num_cpus=jobs if address is None else None,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=False,
            )
        found = int(self._ray.cluster_resources().get("CPU", 1))
        super().__init__(directory.absolute(), jobs or max(1, found))
        self._options = {"num_cpus": 1, **(options or {})}

    def close(self) -> None:
        """Leaves the cluster, and ends it where it was started here."""
        if self._began:
            self._ray.shutdown()
            self._began = False

    def _run(self, waiting: list[tuple[int, Task]], tell: Tell) -> dict[int, Trial]:
        ray = self._ray
        remote = ray.remote(max_retries=RETRIES, **self._options)(execute)
        environment = self.environment()
        tasks = list(waiting)
        numbers: dict[Any, int] = {}
        done: dict[int, Trial] = {}
        try:
            while tasks or numbers:
                while tasks and len(numbers) < self.jobs:
                    number, task = tasks.pop(0)
                    numbers[remote.remote(task, self.directory, environment)] = number
                ended, _ = ray.wait(list(numbers), num_returns=1)
                for reference in ended:
                    number = numbers.pop(reference)
                    done[number] = ray.get(reference)
                    tell(done[number])
        except BaseException:
            for reference in numbers:
                ray.cancel(reference, force=True)
            raise
        return done


def address_of(options: dict[str, str]) -> str | None:
    """The cluster that the options or `RAY_ADDRESS` name; taken out of the options."""
    return options.pop("address", None) or os.environ.get("RAY_ADDRESS") or None

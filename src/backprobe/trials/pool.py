# SPDX-License-Identifier: Apache-2.0
"""Local processes: a few trials at a time, as many as cores and memory bear; no orphan stays."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psutil

from backprobe.trials.executor import POLL_SECONDS, Executor, Tell, cores
from backprobe.trials.forking import ForkServer, forkable
from backprobe.trials.launch import Process, Task
from backprobe.trials.nouns import Trial

LEAST_BYTES = 1 << 30
"""What a process that imports torch may take, where the original's use is not known."""
SPARE = 0.8
"""Share of the free memory that trials may take."""


class Pool(Executor):
    """Runs trials in processes of this machine; what was finished before comes from the store.

    A trial that something else killed, as the kernel does where memory runs out, is run once more
    when no other runs beside it.

    Arguments:
        directory: the store.
        jobs: how many at a time; None takes what cores and memory bear.
        memory: bytes that the original run took, 0 where not known.
    """

    def __init__(self, directory: Path, jobs: int | None = None, memory: float = 0.0) -> None:
        super().__init__(directory, jobs or bearable(memory))
        self._memory = memory
        self._servers: dict[tuple[str, ...], ForkServer | None] = {}
        self._asked = 0

    def close(self) -> None:
        """Ends the processes that trials are forked from."""
        for server in self._servers.values():
            if server is not None:
                server.close()
        self._servers = {}

    def _run(self, waiting: list[tuple[int, Task]], tell: Tell) -> dict[int, Trial]:
        done: dict[int, Trial] = {}
        running: dict[int, Process] = {}
        killed: set[int] = set()
        environment = self.environment()
        self._asked += len(waiting)
        with _terminable():
            try:
                while waiting or running:
                    while waiting and self._has_room(len(running), waiting[0][0] in killed):
                        number, task = waiting.pop(0)
                        server = self._server_of(task, environment)
                        running[number] = Process(task, self.directory, environment, server)
                    for number, process in list(running.items()):
                        status = process.poll()
                        if status is None:
                            continue
                        del running[number]
                        lost = status == -signal.SIGKILL and not process.timed_out
                        if lost and number not in killed:
                            killed.add(number)
                            process.abandon()
                            waiting.append((number, process.task))
                            continue
                        done[number] = process.end(status)
                        tell(done[number])
                    if running:
                        time.sleep(POLL_SECONDS)
            except BaseException:
                for process in running.values():
                    process.abandon()
                raise
        return done

    def _has_room(self, running: int, alone: bool) -> bool:
        """Whether one more trial may start now: by number, and by the memory that is free."""
        if running == 0:
            return True
        if running >= self.jobs or alone:
            return False
        return bool(psutil.virtual_memory().available * SPARE > self._memory)

    def _server_of(self, task: Task, environment: dict[str, str]) -> ForkServer | None:
        """What a script's trials are forked from; None where that is not possible."""
        command, cwd = task.original.command, task.original.cwd
        if self._asked < 2 or not forkable(command, cwd):  # for one trial it would be a detour
            return None
        key = (cwd, command[0], command[1])
        known = self._servers.get(key)
        if key not in self._servers or (known is not None and not known.alive):
            try:
                self._servers[key] = ForkServer(command, cwd, environment)
            except OSError:
                self._servers[key] = None
        return self._servers[key]


def bearable(memory: float = 0.0) -> int:
    """How many trials run at a time: one a core, and no more than fit into the free memory."""
    fitting = int(psutil.virtual_memory().available * SPARE / max(LEAST_BYTES, 1.3 * memory))
    return max(1, min(cores(), fitting))


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

# SPDX-License-Identifier: Apache-2.0
"""The target as a child process: signals reach it once, and we end as it ended."""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from types import FrameType
from typing import NoReturn

from backprobe.cli._target import Target

FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,  # what Slurm and others send before a preemption
    signal.SIGUSR2,
)
FROM_KEYBOARD = (signal.SIGINT, signal.SIGQUIT)
"""Signals that the terminal sends to the whole foreground group, so to the child as well."""
ARRIVAL_SECONDS = 0.1
"""Who signals a whole group has killed the child by then, and nothing is left to forward."""
ONCE_SECONDS = 1.0
"""The same signal again within so long is the same request, sent to us and to our group."""
STOP_SECONDS = 10.0
"""After this the stop of a doomed run gets harder: first SIGINT, then SIGTERM, then SIGKILL."""


class Child:
    """A started target.

    Arguments:
        target: what to start; standard input, output and error are ours.
        environment: its environment.

    Raises:
        OSError: it can't be started.
    """

    def __init__(self, target: Target, environment: Mapping[str, str]) -> None:
        self._early: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._sent: dict[int, float] = {}
        self._before = {
            number: signal.signal(number, self._forward)
            for number in FORWARDED
            if signal.getsignal(number) != signal.SIG_IGN  # as under `nohup`: the child inherits it
        }
        try:
            self._process = _start(target, environment)
        except OSError:
            self._restore()
            raise
        for number in self._early:
            self._forward(number, None)

    def wait(self) -> int:
        """Waits for its end; its exit status, negative for the signal that killed it."""
        assert self._process is not None
        status = self._process.wait()
        self._restore()
        return status

    def stop(self) -> None:
        """Ends it, gently at first; returns when it is gone or was killed."""
        assert self._process is not None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            self._process.send_signal(number)
            end = time.monotonic() + STOP_SECONDS
            while time.monotonic() < end:
                if self._process.poll() is not None:
                    return
                time.sleep(0.1)

    def _forward(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # a handler
        if self._process is None:
            self._early.append(number)
            return
        if number in FROM_KEYBOARD and _terminal_sent_it():
            return
        now = time.monotonic()
        if now - self._sent.get(number, -ONCE_SECONDS) < ONCE_SECONDS:
            return
        self._sent[number] = now
        time.sleep(ARRIVAL_SECONDS)
        self._process.send_signal(number)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def end_like(status: int) -> NoReturn:
    """Ends this process as the child ended: with its exit status, or by its signal."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # its reader has gone
            pass
    if status < 0:
        number = -status
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the core dump of interest is the child's
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        time.sleep(1.0)  # the signal is on its way; where it is blocked, what shells make of it
        os._exit(128 + number)
    sys.exit(status)


def _start(target: Target, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(target.command, executable=target.executable, env=environment)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        # a script without a first line that names its interpreter: a shell runs it itself
        command = ("sh", target.executable, *target.command[1:])
        return subprocess.Popen(command, executable="/bin/sh", env=environment)


def _terminal_sent_it() -> bool:
    """Whether the signal was most likely typed: then the terminal gave it to the child as well."""
    for descriptor in (0, 1, 2):
        try:
            return os.tcgetpgrp(descriptor) == os.getpgrp()
        except OSError:
            continue
    return False

# SPDX-License-Identifier: Apache-2.0
"""Starts a training of two ranks, kills all of it at an instant, and reads what is left."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backprobe.store import catalog
from backprobe.store.reader import RunReader

SCRIPT = Path(__file__).with_name("killed_training.py")
PATIENCE = 120.0


@dataclass(frozen=True)
class Killed:
    """What is left of a run that was killed.

    Arguments:
        rows: rows that `log` had returned from, over both ranks.
        missing: those of them that no record has.
        steps: optimizer steps that were taken.
        lost: seconds between a rank's last step and its last step in the record, the most of both.
        damage: what the reader could not read, but for a frame that was cut short at the end.
    """

    rows: int
    missing: int
    steps: int
    lost: float
    damage: tuple[str, ...]


class Ranks:
    """A process that has torch loaded and forks two ranks as often as it is asked to."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Ranks:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.communicate()

    def killed(self, folder: Path, after: float) -> Killed:
        """Kills both ranks so many seconds after the first of them has logged a row.

        Arguments:
            folder: an empty one, for the store and for the script's own notes.
            after: seconds.

        Raises:
            RuntimeError: the training never began.
        """
        run = catalog.create(folder / "runs", name="killed")
        environment = {
            "BACKPROBE_DIR": str(folder / "runs"),
            "BACKPROBE_RUN": run.path,
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(_free_port()),
        }
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        asked = {"folder": str(folder), "environment": environment}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        pids: list[int] = json.loads(self._server.stdout.readline())
        try:
            _wait(lambda: _size(folder / "0.rows") > 0, "the training did not begin")
            time.sleep(after)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            _wait(lambda: not any(map(_alive, pids)), "a killed process lives on")
        return _left(folder)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(done: Callable[[], bool], otherwise: str) -> None:
    limit = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > limit:
            raise RuntimeError(otherwise)
        time.sleep(0.01)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _left(folder: Path) -> Killed:
    reader = RunReader(catalog.find(folder / "runs"))
    reader.refresh()
    rows = missing = steps = 0
    lost = 0.0
    damage: list[str] = []
    for record in reader.records():
        noted = _numbers(folder / f"{record.rank}.rows", "<q")
        logged = record.history.get("number", (np.zeros(0), np.zeros(0)))[1]
        rows += len(noted)
        missing += len(set(noted) - {int(value) for value in logged})
        damage += [text for text in record.damage if "cut short" not in text]
        taken = _numbers(folder / f"{record.rank}.steps", "<d")
        steps += len(taken)
        if taken:
            written = record.steps["time"]
            last = float(written.max()) if len(written) else taken[0]
            lost = max(lost, taken[-1] - last)
    assert len(reader.logs) == 2
    reader.record()  # and both together
    return Killed(rows, missing, steps, lost, tuple(damage))


def _numbers(path: Path, form: str) -> list[float]:
    data = path.read_bytes() if path.exists() else b""
    return [value for (value,) in struct.iter_unpack(form, data[: len(data) // 8 * 8])]

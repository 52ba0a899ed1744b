# SPDX-License-Identifier: Apache-2.0
"""The socket that says what is new."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from backprobe.store import catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter
from tests.server.conftest import LIVE, connect
from tests.server.training import train


def _until(socket: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """The next message that has the wanted values; the test's time-out ends an endless wait."""
    while True:
        message: dict[str, Any] = socket.receive_json()
        if wanted.items() <= message.items():
            return message


def test_a_run_that_grows_is_announced_until_its_end(tmp_path: Path) -> None:
    """Its beginning, each advance with its length, and its last state."""
    with connect(tmp_path) as client, client.websocket_connect(LIVE) as socket:
        run = catalog.create(tmp_path)
        _until(socket, {"type": "runs"})
        writer = LogWriter(Path(run.path) / log_name(0, os.getpid()))
        writer.row(0, {"a": 1.0}, 0.0)
        first = _until(socket, {"type": "run", "id": run.id, "state": "running"})
        while not first["length"]:
            first = _until(socket, {"type": "run", "id": run.id})
        writer.row(1, {"a": 2.0}, 0.0)
        second = _until(socket, {"type": "run", "id": run.id})
        assert second["length"] > first["length"]
        catalog.close(run, 1)
        _until(socket, {"type": "run", "id": run.id, "state": "failed"})


def test_every_page_is_told(tmp_path: Path) -> None:
    """Two open pages hear of the same run."""
    with (
        connect(tmp_path) as client,
        client.websocket_connect(LIVE) as one,
        client.websocket_connect(LIVE) as two,
    ):
        run = train(tmp_path, steps=3, finish=False)
        _until(one, {"type": "run", "id": run.id})
        _until(two, {"type": "run", "id": run.id})


def test_an_end_that_the_table_saw_first_is_told(tmp_path: Path) -> None:
    """Runs that the table knows to be at rest are not read again; their end is told still."""
    train(tmp_path, steps=3, name="long ago")
    with connect(tmp_path) as client:
        _rest(client, 1)
        with client.websocket_connect(LIVE) as socket:
            run = train(tmp_path, steps=3, finish=False)
            _until(socket, {"type": "run", "id": run.id, "state": "running"})
            catalog.close(run, 0)
            _rest(client, 2)
            _until(socket, {"type": "run", "id": run.id, "state": "finished"})


def _rest(client: Any, count: int) -> None:
    """Asks for the table until so many runs have ended and have been diagnosed."""
    while True:
        runs = client.get("/api/runs").json()["runs"]
        if sum(run["summary"] is not None and run["state"] == "finished" for run in runs) >= count:
            return
        time.sleep(0.02)

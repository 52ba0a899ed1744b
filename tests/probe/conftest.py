# SPDX-License-Identifier: Apache-2.0
"""Runs a piece of training under the probe, in this process, and gives back its record.

Or a script as two ranks, in processes of their own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backprobe import session as sessions
from backprobe.probe import entry
from backprobe.records import Record
from backprobe.store import catalog
from backprobe.store.reader import RunReader

Watch = Callable[..., Record]
Ranks = Callable[[Path, list[str], str | None], tuple[list[int], str]]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """`watch(train, *models)`: the record of `train()`, every step observed in full."""

    def run(train: Callable[[], Any], *models: Any) -> Record:
        session = sessions.start()
        entry.watch(list(models), log="all", log_freq=1)
        try:
            train()
        finally:
            session.finish()
        reader = RunReader(session.run)
        reader.refresh()
        return reader.record()

    yield run
    left = sessions.current()
    if left is not None:
        left.finish()


@pytest.fixture(scope="session")
def ranks() -> Iterator[Ranks]:
    """`ranks(folder, words, budget)`: two ranks' exit statuses, and what they printed.

    With a budget they are a run of the test's store, as under `backprobe run --budget`; with None
    nobody watches.
    """
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("rank_server.py"))],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        to_server, from_server = server.stdin, server.stdout

        def run(folder: Path, words: list[str], budget: str | None) -> tuple[list[int], str]:
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            if budget is not None:
                environment["BACKPROBE_RUN"] = catalog.create(catalog.store_directory()).path
                environment["BACKPROBE_BUDGET"] = budget
            asked = {
                "cwd": str(folder),
                "words": words,
                "watched": budget is not None,
                "environment": environment,
            }
            to_server.write(json.dumps(asked) + "\n")
            to_server.flush()
            statuses: list[int] = json.loads(from_server.readline())
            return statuses, "".join(file.read_text() for file in sorted(folder.glob("?.txt")))

        yield run
        to_server.close()

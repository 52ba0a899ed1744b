# SPDX-License-Identifier: Apache-2.0
"""Records of small networks that are really trained under the probe, each once a test session."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backprobe.records import Record
from backprobe.store import catalog
from backprobe.store.reader import RunReader

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"

Recorder = Callable[..., Record]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """Gives the record of a program (`double_softmax/bad.py`), training it at the first call.

    Every step is observed, unless a budget is given too.
    """
    store = tmp_path_factory.mktemp("programs")
    known: dict[str, Record] = {}
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "SEED": "0"}
    with subprocess.Popen(
        [sys.executable, str(HERE / "record_server.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        to_server, from_server = server.stdin, server.stdout

        def record(program: str, budget: str = "none") -> Record:
            key = f"{program} {budget}"
            if key not in known:
                folder = store / key.replace("/", "-")
                to_server.write(f"{PROGRAMS / program}\t{folder}\t{budget}\n")
                to_server.flush()
                answer = from_server.readline().strip()
                assert answer == "ok", f"{program} {answer or 'ended the server'}"
                reader = RunReader(catalog.find(folder))
                reader.refresh()
                known[key] = reader.record()
            return known[key]

        yield record
        to_server.close()

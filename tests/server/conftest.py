# SPDX-License-Identifier: Apache-2.0
"""A store with a really trained run, and a client that carries the token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from backprobe.records import Run
from backprobe.server.app import create_app
from tests.server.training import train

TOKEN = "a-token-of-the-tests"
LOCAL = "http://127.0.0.1:8642"
LIVE = "ws://127.0.0.1:8642/api/live"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store; tests that write make their own."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="session")
def run(store: Path) -> Run:
    """A finished run of 120 steps."""
    return train(store, steps=120, name="tanh-mlp", config={"lr": 0.1, "limit": float("inf")})


@pytest.fixture
def client(store: Path, run: Run) -> Iterator[TestClient]:
    """A client with the token, of the store that holds `run`."""
    assert run.path.startswith(str(store))
    with connect(store) as found:
        yield found


def connect(directory: Path) -> TestClient:
    """A client of a server of that store, with the token."""
    app = create_app(directory, TOKEN)
    return TestClient(app, base_url=LOCAL, headers={"authorization": f"Bearer {TOKEN}"})

# SPDX-License-Identifier: Apache-2.0
"""Rows of the data over the wire."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from backprobe.records import Run
from backprobe.store import catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter
from tests.server.conftest import connect

FACTS = {"step": 0, "evaluation": 1, "rows": 9, "shape": [1, 2, 2], "integer": False}


def test_a_table_has_its_rows_and_targets(client: TestClient, run: Run) -> None:
    """Numbers as they were, targets as whole numbers where they are."""
    (found,) = client.get(f"/api/runs/{run.id}/samples").json()["samples"]
    assert np.shape(found["inputs"]) == (8, 8)
    assert found["rows"] == 64
    assert all(isinstance(row[0], int) for row in found["targets"])


def test_pictures_come_as_bytes_and_what_is_no_sample_is_passed_over(tmp_path: Path) -> None:
    """A frame without its pixels, or with others than it says, costs itself only."""
    made = catalog.create(tmp_path, name="pictures")
    writer = LogWriter(Path(made.path) / log_name(0, 1))
    writer.event("process", rank=0, world=1, pid=1)
    picture = {"stream": "samples", **FACTS, "picture": True, "low": -1.0, "high": 3.0}
    pixels = np.arange(8, dtype=np.uint8).reshape(2, 1, 2, 2)
    writer.frame({"stream": "samples"}, {"input": pixels})
    for odd in ({"shape": "<img>"}, {"rows": "many"}, {"low": None}, {"evaluation": [1]}):
        writer.frame({**picture, **odd}, {"input": pixels})
    writer.frame(picture, {"input": np.zeros((2, 1, 1024, 1024), np.uint8)})
    writer.frame(picture, {"input": pixels.astype(np.float32)})
    writer.frame(picture, {"other": pixels})
    writer.frame(picture, {"input": pixels})
    writer.close()
    with connect(tmp_path) as client:
        (found,) = client.get(f"/api/runs/{made.id}/samples").json()["samples"]
    assert base64.b64decode(found["pixels"]) == bytes(range(8))
    assert found["size"] == [2, 1, 2, 2]
    assert (found["low"], found["high"], found["targets"]) == (-1.0, 3.0, None)

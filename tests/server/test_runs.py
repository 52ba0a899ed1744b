# SPDX-License-Identifier: Apache-2.0
"""The list of runs over the wire."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from starlette.testclient import TestClient

from backprobe.records import Record, Run, Table
from backprobe.server import kept
from backprobe.server.diagnoses import last_loss, log_bytes, summarize
from backprobe.server.worker import Worker
from backprobe.store import catalog
from tests.server.conftest import connect
from tests.server.training import train


def _listed(client: TestClient) -> list[dict[str, Any]]:
    """The runs, once all of them have been read."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        runs: list[dict[str, Any]] = client.get("/api/runs").json()["runs"]
        if all(run["summary"] for run in runs):
            return runs
        time.sleep(0.05)
    raise AssertionError("the runs were not read within 30 s")


def test_no_store_is_an_empty_list(tmp_path: Path) -> None:
    """A server can be started before the first run."""
    with connect(tmp_path / "nothing") as client:
        assert client.get("/api/runs").json()["runs"] == []


def test_runs_come_newest_first_with_what_was_found(tmp_path: Path) -> None:
    """State, last loss, steps and the number of findings are read from the records."""
    train(tmp_path, steps=60, name="fine", project="p")
    train(tmp_path, steps=60, name="wild", scale=40.0, rate=1.0)
    with connect(tmp_path) as client:
        wild, fine = _listed(client)
    assert [wild["name"], fine["name"]] == ["wild", "fine"]
    assert fine["project"] == "p"
    assert fine["summary"]["steps"] == 60
    assert fine["summary"]["errors"] == 0
    assert wild["summary"]["errors"] + wild["summary"]["warnings"] > 0
    assert wild["summary"]["top"] != ""


def test_a_live_run_is_listed_as_it_grows(tmp_path: Path) -> None:
    """The first summary of a running run is not its last."""
    run = train(tmp_path, steps=20, finish=False)
    with connect(tmp_path) as client:
        (first,) = _listed(client)
    assert first["state"] == "running"
    assert first["ended"] is None
    assert run.id == first["id"]


def test_what_was_diagnosed_is_kept(tmp_path: Path) -> None:
    """A server that starts has the findings at once; of a changed record, or if odd, it has not."""
    run = train(tmp_path, steps=60, scale=40.0, rate=1.0)
    with connect(tmp_path) as client:
        (first,) = _listed(client)
        assert first["summary"]["errors"] > 0
    with connect(tmp_path) as client:
        (again,) = client.get("/api/runs").json()["runs"]
        assert again["summary"] == first["summary"]
        found = client.get(f"/api/runs/{run.id}/findings").json()["findings"]
        assert found[0]["rule"] == first["summary"]["top"]
    length = log_bytes(run)
    assert kept.load(run, length) is not None
    assert kept.load(run, length + 1) is None
    assert kept.load(replace(run, ignore=("dead-relu",)), length) is None
    for text in ("{", "[]", '{"key": 1}', "x" * 9):
        (Path(run.path) / kept.NAME).write_text(text)
        assert kept.load(run, length) is None


def test_a_process_of_its_own_diagnoses_the_same(tmp_path: Path) -> None:
    """Its summary is the one that is worked out here; it dies, and the next is still answered."""
    run = train(tmp_path, steps=60, scale=40.0, rate=1.0)
    worker = Worker()
    here, there = summarize(run), worker.summarize(run)
    assert there.findings == here.findings
    assert (there.loss, there.steps, there.length) == (here.loss, here.steps, here.length)
    for child in multiprocessing.active_children():
        if child.name == "backprobe-diagnoses":
            child.kill()
            child.join()
    assert worker.summarize(run).findings == here.findings
    assert worker.summarize(run).findings == here.findings


def test_only_what_changed_is_sent(tmp_path: Path) -> None:
    """After a version, the rows that are newer, and who is there if that changed."""
    one, other = train(tmp_path, steps=5, name="one"), train(tmp_path, steps=5, name="other")
    with connect(tmp_path) as client:
        _listed(client)
        seen = client.get("/api/runs").json()
        same = client.get(f"/api/runs?since={seen['version']}").json()
        assert same["runs"] == []
        assert same["ids"] is None
        catalog.edit(one, name="renamed")
        changed = client.get(f"/api/runs?since={seen['version']}").json()
        assert [run["name"] for run in changed["runs"]] == ["renamed"]
        assert changed["ids"] is None
        third = train(tmp_path, steps=5, name="third")
        more = client.get(f"/api/runs?since={changed['version']}").json()
        assert [run["name"] for run in more["runs"]] == ["third"]
        assert more["ids"] == [third.id, other.id, one.id]
        assert len(client.get("/api/runs?since=other.3").json()["runs"]) == 3


def test_the_last_loss_is_no_matter_of_the_last_batch() -> None:
    """It is a mean over the last steps; a loss that ended as NaN is NaN."""
    steps = Table({"step": np.arange(12), "loss": np.arange(12.0)})
    assert last_loss(Record(Run("a"), steps=steps)) == 6.5
    ended = Table({"step": np.arange(3), "loss": np.asarray([1.0, 2.0, np.nan])})
    assert np.isnan(last_loss(Record(Run("a"), steps=ended)) or 0.0)
    assert last_loss(Record(Run("a"))) is None
    logged = {"loss": (np.arange(2), np.asarray([4.0, 2.0]))}
    assert last_loss(Record(Run("a"), history=logged)) == 3.0

# SPDX-License-Identifier: Apache-2.0
"""Records that no probe wrote: every answer is an answer, never a fault of the server."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprobe.records import Run
from backprobe.store import catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter
from tests.server.conftest import connect

PATHS = (
    "",
    "/structure",
    "/findings",
    "/console",
    "/series?key=history/a&key=step/loss&key=parameter/0/grad_rms&key=step/text",
    "/heatmap?signal=grad_rms",
    "/heatmap?signal=update_ratio",
    "/heatmap?signal=out_rms",
    "/histograms?quantity=gradient&index=0",
    "/source?file=a&line=1",
    "/graph",
    "/data",
    "/trials",
    "/series?key=history/a&x=time",
    "/units?index=0",
    "/samples",
    "/media",
)
ODD: tuple[Any, ...] = (None, "text", -1, 1.5, [], {}, [[1]], {"a": [None]}, True, 10**30)


def _write(writer: LogWriter, odd: Any) -> None:
    """Puts one odd value wherever a record has a value."""
    for event, fields in {
        "modules": ("name", "type", "parent", "source", "settings", "parameters", "calls"),
        "parameters": ("name", "module", "shape", "optimizer", "initial"),
        "places": ("name", "module", "order", "shape", "inputs", "functional"),
        "graph": ("name", "inputs", "module"),
        "optimizers": ("type", "groups", "source"),
        "losses": ("kind", "before", "source", "target"),
    }.items():
        base = {"index": 0, "name": "n", "type": "T", "module": 0, "shape": [2], "kind": "mse"}
        for place, name in enumerate(fields):
            writer.event(event, items=[{**base, "index": place, name: odd}])
    for event in ("config", "summary", "environment", "identity", "process", "cost", "alert"):
        for name in ("script", "share", "rank", "main", "name", "tags", "text", "collector"):
            writer.event(event, **{name: odd})
    writer.event("failure", collector=odd, error=odd)
    writer.event("blind-spot", text=odd)
    writer.frame({"stream": "history", "step": 0, "time": 0.0, "values": {"a": odd}})
    writer.frame({"stream": "console", "fd": 1, "text": odd})
    step, index = np.asarray([0, 1]), np.asarray([0])
    cells = np.asarray([[np.inf], [np.nan]], np.float32)
    writer.frame({"stream": "steps"}, {"step": step, "loss": np.asarray([True, False])})
    writer.frame({"stream": "steps"}, {"loss": np.asarray([1.0])})
    signals = {"grad_rms": cells, "update_rms": cells, "weight_rms": cells}
    writer.frame({"stream": "parameters"}, {"step": step, "index": index, **signals})
    writer.frame({"stream": "outputs"}, {"step": step, "index": index, "out_rms": cells})
    writer.frame({"stream": "histograms"}, {"step": step, "quantity": step})
    units = dict.fromkeys(("step", "index", "every", "length", "rms", "zero"), index)
    for name in units:
        writer.frame({"stream": "units"}, {**units, "saturated": cells, name: step})
        writer.frame({"stream": "units"}, {**units, "saturated": index, name: index - 1})
    facts = {"step": 0, "evaluation": 0, "rows": 1, "shape": [1], "integer": True, "picture": False}
    for name in (*facts, "low", "target_integer"):
        for value in (odd, float("inf")):
            writer.frame({"stream": "samples", **facts, name: value}, {"input": cells})


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_values_are_no_fault_of_the_server(tmp_path: Path, odd: Any) -> None:
    """Whatever type a field has, the page is told something it can read."""
    run = catalog.create(tmp_path, name="odd")
    writer = LogWriter(Path(run.path) / log_name(0, os.getpid()))
    _write(writer, odd)
    catalog.close(run, 0)
    with connect(tmp_path) as client:
        for path in PATHS:
            answer = client.get(f"/api/runs/{run.id}{path}")
            assert answer.status_code in (200, 404), (path, answer.text)
        assert client.get("/api/runs").status_code == 200


@pytest.mark.parametrize("name", ["created", "ended", "command", "cwd", "state", "pid", "id"])
def test_an_odd_head_spoils_no_other_run(tmp_path: Path, name: str) -> None:
    """A `run.json` that makes no sense is passed over or shown; the others are there."""
    good = catalog.create(tmp_path, name="good")
    for place, odd in enumerate(ODD):
        bad = catalog.create(tmp_path, name=f"bad{place}")
        head = Path(bad.path) / "run.json"
        head.write_text(json.dumps({**json.loads(head.read_text()), name: odd}))
    with connect(tmp_path) as client:
        answer = client.get("/api/runs")
        assert answer.status_code == 200
        assert good.id in [run["id"] for run in answer.json()["runs"]]
        for folder in tmp_path.iterdir():
            if (folder / "run.json").exists():
                assert client.get(f"/api/runs/{folder.name}").status_code in (200, 404)


def test_folders_that_are_no_runs_are_passed_over(tmp_path: Path) -> None:
    """Stray files, empty folders and broken JSON are no runs."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "stray.txt").write_text("x")
    for name, text in [("list", "[]"), ("broken", "{"), ("binary", "\0\1")]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(text)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with connect(tmp_path) as client:
        assert client.get("/api/runs").json()["runs"] == []
        for name in ("empty", "list", "broken", "loop", "stray.txt"):
            assert client.get(f"/api/runs/{name}").status_code == 404


def test_a_log_of_garbage_is_reported_as_damage(tmp_path: Path) -> None:
    """The run is shown without it, and the page says what could not be read."""
    run: Run = catalog.create(tmp_path, name="garbage")
    (Path(run.path) / log_name(0, 1)).write_bytes(os.urandom(5000))
    catalog.close(run, 0)
    with connect(tmp_path) as client:
        answer = client.get(f"/api/runs/{run.id}").json()
    assert answer["damage"] != []

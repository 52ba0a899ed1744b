# SPDX-License-Identifier: Apache-2.0
"""One run over the wire: head, structure, findings, console, source, rule text."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from backprobe.records import Run
from backprobe.rules import RULES
from backprobe.session import diagnose
from backprobe.store import catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter
from tests.server.conftest import connect
from tests.server.training import HERE, train


def test_the_head_says_who_and_what(client: TestClient, run: Run) -> None:
    """State, config, environment, cost, blind spots and the keys of the series are there."""
    head = client.get(f"/api/runs/{run.id}").json()
    assert head["run"]["name"] == "tanh-mlp"
    assert head["run"]["state"] == "finished"
    assert head["config"] == {"lr": 0.1, "limit": "Infinity"}
    assert head["cost"]["share"] == 0.01
    assert head["blind_spots"] == ["No evaluation was seen."]
    assert {"history/train/loss", "step/loss", "step/grad_norm"} <= set(head["keys"])
    assert "grad_rms" in [quantity["name"] for quantity in head["quantities"]]
    assert "out_dead" not in [quantity["name"] for quantity in head["quantities"]]


def test_the_structure_lists_modules_and_their_parameters(client: TestClient, run: Run) -> None:
    """Sizes, shapes and sources come with them."""
    structure = client.get(f"/api/runs/{run.id}/structure").json()
    assert [module["name"] for module in structure["modules"]] == ["", "fc1", "fc2", "fc3"]
    assert [p["size"] for p in structure["parameters"]] == [256, 32, 1024, 32, 96, 3]
    assert structure["optimizers"][0]["groups"] == [{"lr": 0.1, "tensors": 6}]
    assert structure["modules"][1]["source"]["file"] == str(HERE)


def test_findings_are_those_of_the_rules(tmp_path: Path) -> None:
    """The page shows what `backprobe diagnose` says of the same record."""
    run = train(tmp_path, steps=60, scale=40.0, rate=1.0)
    with connect(tmp_path) as client:
        answer = client.get(f"/api/runs/{run.id}/findings").json()
    expected = [(finding.rule, finding.message) for finding in diagnose(run)]
    assert [(found["rule"], found["message"]) for found in answer["findings"]] == expected
    assert expected != []
    assert answer["error"] == ""


def test_the_console_continues_where_it_was(client: TestClient, run: Run) -> None:
    """Only pieces after the cursor come again."""
    first = client.get(f"/api/runs/{run.id}/console").json()
    assert first["pieces"][0][1].startswith("step 0: loss ")
    assert first["next"] == 12
    rest = client.get(f"/api/runs/{run.id}/console?after=11").json()
    assert rest["pieces"] == first["pieces"][11:]


@pytest.mark.parametrize("name", ["nope", "..", "%2e%2e%2fstore", "a%00b"])
def test_an_unknown_run_is_refused(client: TestClient, name: str) -> None:
    """No name leads anywhere but to a run of this store."""
    assert client.get(f"/api/runs/{name}").status_code == 404


def test_rules_have_their_docstring_as_text(client: TestClient) -> None:
    """The text is the one of `backprobe explain`."""
    rule = RULES[0]
    answer = client.get(f"/api/rules/{rule.name}").json()
    assert answer["name"] == rule.name
    assert "## What it looks for" in answer["text"]
    assert client.get("/api/rules/no-such-rule").status_code == 404


def _source(client: TestClient, run: Run, file: str, line: int) -> dict[str, object]:
    query = {"file": file, "line": str(line), "around": "1"}
    answer = client.get(f"/api/runs/{run.id}/source", params=query)
    return {"status": answer.status_code, **answer.json()}


def test_source_lines_around_a_named_place(client: TestClient, run: Run) -> None:
    """The line of the record in the middle, one on either side."""
    found = _source(client, run, str(HERE), 47)
    assert found["first"] == 46
    assert found["lines"] == HERE.read_text().splitlines()[45:48]
    assert found["why"] == ""


def test_no_other_file_is_read(client: TestClient, run: Run) -> None:
    """A file that the record does not name is refused, wherever it lies."""
    for other in ("/etc/passwd", str(HERE.parent / "conftest.py"), "../../pyproject.toml"):
        assert _source(client, run, other, 1)["status"] == 404


def _naming(store: Path, cwd: Path, file: str, text: str) -> Run:
    """A run whose record names a file."""
    run = catalog.create(store, name="names a file", cwd=str(cwd))
    writer = LogWriter(Path(run.path) / log_name(0, os.getpid()))
    item = {"index": 0, "name": "", "type": "Net", "source": [file, 1, text]}
    writer.event("modules", items=[item])
    return catalog.close(run, 0)


def test_a_record_cannot_lead_out_of_its_directory(tmp_path: Path) -> None:
    """A hostile record names a file elsewhere, directly or by a link: only its own text shows."""
    secret = tmp_path / "elsewhere" / "secret.py"
    secret.parent.mkdir()
    secret.write_text("password = 1\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "link.py").symlink_to(secret)
    store = tmp_path / "store"
    with connect(store) as client:
        for file in (str(secret), "../elsewhere/secret.py", "link.py"):
            run = _naming(store, project, file, "what the record says")
            found = _source(client, run, file, 1)
            assert found["lines"] == ["what the record says"]
            assert found["why"] == "the file is outside of the run's directory"


def test_a_line_that_changed_since_is_said_to(tmp_path: Path) -> None:
    """The page does not pretend that today's file is the one that ran."""
    (tmp_path / "train.py").write_text("new = 1\n")
    run = _naming(tmp_path / "store", tmp_path, "train.py", "old = 1")
    with connect(tmp_path / "store") as client:
        assert _source(client, run, "train.py", 1)["why"] == "this line has changed since the run"


def test_the_script_that_the_record_keeps_comes_first(tmp_path: Path) -> None:
    """What ran is shown, whatever became of the file."""
    run = _naming(tmp_path / "store", tmp_path, str(tmp_path / "train.py"), "old = 1")
    writer = LogWriter(Path(run.path) / log_name(0, 1))
    item = {"index": 0, "name": "", "source": [str(tmp_path / "train.py"), 1, "old = 1"]}
    writer.event("modules", items=[{**item, "type": "Net"}])
    script = {"path": str(tmp_path / "train.py"), "text": "old = 1\nmore = 2\n"}
    writer.event("environment", script=script)
    writer.frame({"stream": "steps"}, {"step": [0], "loss": [1.0]})  # type: ignore[dict-item]
    with connect(tmp_path / "store") as client:
        found = _source(client, run, str(tmp_path / "train.py"), 1)
    assert found["lines"] == ["old = 1", "more = 2"]
    assert found["why"] == ""


def test_a_run_that_was_deleted_is_gone(tmp_path: Path) -> None:
    """An open page is told so, and the list no longer has it."""
    run = train(tmp_path, steps=3)
    with connect(tmp_path) as client:
        assert client.get(f"/api/runs/{run.id}").status_code == 200
        shutil.rmtree(run.path)
        assert client.get(f"/api/runs/{run.id}").status_code == 404
        assert client.get("/api/runs").json()["runs"] == []

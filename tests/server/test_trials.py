# SPDX-License-Identifier: Apache-2.0
"""What was tried on a run, what it was fed, and the path that its forward took."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from backprobe.records import Run
from backprobe.store import answers, catalog
from tests.server.conftest import connect
from tests.server.training import train


def test_trials_and_kept_answers_of_a_run(tmp_path: Path) -> None:
    """Trials of this run only, with what was changed; answers newest first, NaN as text."""
    run = train(tmp_path, steps=5, name="original")
    for number, treatments in enumerate(([], ["lr=0.1"])):
        facts = {"of": run.id, "finding": "", "treatments": treatments, "seed": 0, "steps": 5}
        config = {"trial": facts}
        catalog.close(catalog.create(tmp_path, kind="trial", config=config, name=f"t{number}"), 0)
    catalog.create(tmp_path, kind="trial", config={"trial": {"of": "another"}})
    catalog.create(tmp_path, kind="trial", config={"trial": "odd"})
    answers.keep(run, "prove", {"trials": [{"effect": float("nan")}]})
    with connect(tmp_path) as client:
        found = client.get(f"/api/runs/{run.id}/trials").json()
    assert [trial["treatments"] for trial in found["trials"]] == [[], ["lr=0.1"]]
    assert found["answers"][0]["data"]["trials"][0]["effect"] == "NaN"


def test_answers_that_are_no_answers_are_passed_over(tmp_path: Path) -> None:
    """Odd files cost themselves only; a kind that nobody knows is refused."""
    run = catalog.create(tmp_path)
    with pytest.raises(ValueError, match="expected one of prove"):
        answers.keep(run, "magic", {})
    answers.keep(run, "lr", {"suggestion": 0.1})
    folder = Path(run.path) / "answers"
    (folder / "prove-1.json").write_text("{")
    (folder / "prove-2.json").write_text("[]")
    (folder / "other.json").write_text("{}")
    assert [(one.kind, one.data) for one in answers.kept(run)] == [("lr", {"suggestion": 0.1})]
    assert json.loads(next(folder.glob("lr-*.json")).read_text()) == {"suggestion": 0.1}


def test_data_and_graph_of_a_run(client: TestClient, run: Run) -> None:
    """What the record has of batches, targets and operations; nothing is made up."""
    data = client.get(f"/api/runs/{run.id}/data").json()
    assert data["training"]["batches"] >= 0
    assert [one["loss"] for one in data["targets"]] == ["cross_entropy"]
    assert data["overlap"] is None
    graph = client.get(f"/api/runs/{run.id}/graph").json()
    assert graph["operations"] == []

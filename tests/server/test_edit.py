# SPDX-License-Identifier: Apache-2.0
"""What a person changes from the page, and who may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from backprobe.server.app import create_app
from backprobe.store import catalog, edits
from tests.server.conftest import LOCAL, TOKEN, connect
from tests.server.training import train


def test_labels_overrule_what_the_run_said_of_itself(tmp_path: Path) -> None:
    """Name, tags, notes and colour are kept apart from the record, and listed."""
    run = train(tmp_path, steps=5, name="before", tags=("old",))
    with connect(tmp_path) as client:
        changes = {"name": " after ", "tags": ["a", "a", "b"], "notes": "n", "colour": "3"}
        assert client.post(f"/api/runs/{run.id}/label", json=changes).status_code == 200
        (row,) = client.get("/api/runs").json()["runs"]
        assert client.get(f"/api/runs/{run.id}").json()["run"]["name"] == "after"
    assert [row[key] for key in ("name", "tags", "notes", "colour")] == [
        "after", ["a", "b"], "n", "3",
    ]  # fmt: skip
    assert catalog.find(tmp_path, "after").id == run.id


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": 3},
        {"tags": "a"},
        {"tags": ["a"] * 51},
        {"tags": [""]},
        {"colour": "url(//x)"},
        {"id": "x"},
        {"config": {"lr": 1}},
        {"notes": None},
    ],
)
def test_only_labels_can_be_changed(tmp_path: Path, changes: dict[str, object]) -> None:
    """What is no name, tag, note or colour is refused in words, and nothing is written."""
    run = train(tmp_path, steps=5)
    with connect(tmp_path) as client:
        answer = client.post(f"/api/runs/{run.id}/label", json=changes)
    assert answer.status_code == 400
    assert "expected" in answer.json()["error"] or "only" in answer.json()["error"]
    assert not (Path(run.path) / "edits.json").exists()


def test_a_deleted_run_waits_in_the_trash(tmp_path: Path) -> None:
    """It leaves the list, can be had back whole, and is gone when the trash is emptied."""
    run, other = train(tmp_path, steps=5, name="one"), train(tmp_path, steps=5, name="two")
    with connect(tmp_path) as client:
        listed = client.get("/api/runs").json()
        assert client.post("/api/trash", json={"runs": [run.id]}).status_code == 200
        after = client.get(f"/api/runs?since={listed['version']}").json()
        assert after["ids"] == [other.id]
        assert [one["id"] for one in client.get("/api/trash").json()["runs"]] == [run.id]
        assert client.get(f"/api/runs/{run.id}").status_code == 404
        assert client.post("/api/trash/restore", json={"runs": [run.id]}).status_code == 200
        assert client.get(f"/api/runs/{run.id}").json()["steps"] == 5
        client.post("/api/trash", json={"runs": [run.id]})
        assert client.post("/api/trash/empty", json={}).json()["removed"] == 1
    assert [one.id for one in catalog.runs(tmp_path)] == [other.id]
    assert edits.discarded(tmp_path) == []


def test_a_run_that_trains_is_not_thrown_away(tmp_path: Path) -> None:
    """Its folder stays under the feet of its script; nor do its neighbours go."""
    live, ended = train(tmp_path, steps=5, finish=False), train(tmp_path, steps=5)
    with connect(tmp_path) as client:
        answer = client.post("/api/trash", json={"runs": [ended.id, live.id]})
        assert answer.status_code == 400
        assert "still running" in answer.json()["error"]
    assert len(catalog.runs(tmp_path)) == 2


@pytest.mark.parametrize("name", ["..", "../..", ".trash", "a/../..", "", "nope"])
def test_no_name_leads_out_of_the_store(tmp_path: Path, name: str) -> None:
    """Neither into the trash nor out of it."""
    (tmp_path / "store").mkdir()
    (tmp_path / "run.json").write_text('{"id": "..", "name": "outside"}')
    with connect(tmp_path / "store") as client:
        for path in ("/api/trash", "/api/trash/restore"):
            answer = client.post(path, json={"runs": [name]})
            assert answer.status_code in (400, 404), path
    assert (tmp_path / "run.json").exists()


def test_another_site_can_change_nothing(tmp_path: Path) -> None:
    """Not with the user's cookie: its origin is refused, and so is what a form can send."""
    run = train(tmp_path, steps=5)
    with TestClient(create_app(tmp_path, TOKEN), base_url=LOCAL) as client:
        client.get(f"/?token={TOKEN}")  # the cookie
        path = f"/api/runs/{run.id}/label"
        foreign = client.post(path, json={"name": "x"}, headers={"origin": "http://evil.example"})
        assert foreign.status_code == 403
        form = client.post(path, content='{"name": "x"}', headers={"content-type": "text/plain"})
        assert form.status_code == 400
        assert client.post(path, json={"name": "x"}).status_code == 200
    assert TestClient(create_app(tmp_path, TOKEN), base_url=LOCAL).post(path).status_code == 401


def test_a_server_that_only_reads(tmp_path: Path) -> None:
    """Every change is refused, and the page is told not to offer any."""
    run = train(tmp_path, steps=5)
    app = create_app(tmp_path, TOKEN, read_only=True)
    with TestClient(app, base_url=LOCAL, headers={"authorization": f"Bearer {TOKEN}"}) as client:
        assert client.get("/api/runs").json()["read_only"] is True
        routes = [route for route in app.routes if isinstance(route, Route)]
        posts = [route.path for route in routes if "POST" in (route.methods or ())]
        assert len(posts) == 4
        for path in posts:
            answer = client.post(path.replace("{id}", run.id), json={"runs": [run.id]})
            assert answer.status_code == 403, path

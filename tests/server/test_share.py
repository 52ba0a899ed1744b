# SPDX-License-Identifier: Apache-2.0
"""Pages to share: what is in them, what is left out, and that nothing in them can run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from backprobe.server import share
from backprobe.server.share import name_of
from backprobe.store import catalog
from tests.server.arrays import unpack
from tests.server.training import HERE, train

SECRET = "</script><script>alert('a secret of the environment')"


def _bundle(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="bundle">(.*?)</script>', text, re.S)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.fixture
def hidden(tmp_path: Path) -> Path:
    """A store with two runs; the first tells where it ran, and what it changed."""
    environment = {
        "script": {"path": "/home/someone/train.py", "text": "script-text"},
        "git": {"commit": "c0ffee", "diff": "diff-text", "root": "/home/someone"},
        "variables": {"TOKEN": "variable-text"},
    }
    store = tmp_path / "store"
    train(store, 40, scale=40.0, rate=1.0, name=SECRET, host="machine-7", environment=environment)
    train(store, 40, name="other")
    return store


def test_one_file_holds_the_run_and_nothing_that_was_not_asked_for(hidden: Path) -> None:
    """Curves, findings and heat maps are there; secrets and the neighbours' names are not."""
    run = catalog.find(hidden, SECRET)
    target = hidden.parent / "run.html"
    assert share.write(hidden, [run], target) == target
    text = target.read_text()
    for absent in (
        "script-text",
        "diff-text",
        "variable-text",
        "/home/someone",
        "machine-7",
        "step 10: loss",
    ):
        assert absent not in text, absent
    assert str(HERE.parent) not in text
    assert HERE.name in text  # lines of code are still told by their file
    answers = _bundle(text)["answers"]
    assert [row["name"] for row in answers["api/runs"]["json"]["runs"]] == [SECRET]
    assert answers[f"api/runs/{run.id}"]["json"]["environment"]["git"] == {"commit": "c0ffee"}
    assert answers[f"api/runs/{run.id}/findings"]["json"]["findings"]
    series = answers[f"api/runs/{run.id}/series?key=step/loss"]["base64"]
    header, arrays = unpack(base64.b64decode(series))
    assert header["series"][0]["rows"] == 40
    assert len(arrays["0/y"]) == 40
    assert f"api/runs/{run.id}/heatmap?signal=grad_rms" in answers
    assert f"api/runs/{run.id}/console" not in answers
    assert f"api/runs/{run.id}/samples" not in answers
    assert f"api/runs/{run.id}/units?index=0" in answers


def test_what_is_asked_for_is_in_it(hidden: Path) -> None:
    """Each name of `INCLUDE` brings what it says."""
    run = catalog.find(hidden, SECRET)
    bundle, _ = share.share(hidden, [run], share.INCLUDE)
    text = bundle.decode()
    for present in (
        "script-text",
        "diff-text",
        "variable-text",
        "/home/someone",
        "machine-7",
        "step 10: loss",
    ):
        assert present in text, present
    assert json.loads(text)["without"] == []
    answers = json.loads(text)["answers"]
    assert len(answers[f"api/runs/{run.id}/samples"]["json"]["samples"][0]["inputs"]) == 8


def test_no_name_can_run_in_it_and_nothing_be_fetched(hidden: Path) -> None:
    """Markup in names stays text; only the page's own script may run, by its hash."""
    target = hidden.parent / "run.html"
    share.write(hidden, [catalog.find(hidden, SECRET)], target)
    text = target.read_text()
    assert "<script>alert" not in text
    (script,) = re.findall(r'<script type="module">(.*?)</script>', text, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    assert f"script-src 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy


def test_several_runs_and_a_folder(hidden: Path) -> None:
    """A comparison has the curves of all and where two part; a folder has the page beside it."""
    runs = catalog.runs(hidden)
    index = share.write(hidden, runs, hidden.parent / "shared")
    assert sorted(path.name for path in index.parent.iterdir()) == [
        "index.html",
        "page.css",
        "page.js",
    ]
    bundle = _bundle(index.read_text())
    assert bundle["start"] == f"#/compare/{runs[0].id},{runs[1].id}"
    for run in runs:
        assert f"api/overlay?key=step/loss&run={run.id}" in bundle["answers"]
    assert name_of("api/divergence", {"a": runs[0].id, "b": runs[1].id}) in bundle["answers"]


def test_names_are_those_that_the_page_computes() -> None:
    """As in `web/src/api/bundle.test.ts`."""
    assert (
        name_of("api/runs/a/heatmap", {"signal": "s", "columns": 8})
        == "api/runs/a/heatmap?signal=s"
    )
    asked = {"run": "b", "key": "history/a b", "points": 3, "reduce": "mean"}
    assert name_of("api/overlay", asked) == "api/overlay?key=history/a b&run=b"
    assert name_of("api/runs", {}) == "api/runs"

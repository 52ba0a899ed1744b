# SPDX-License-Identifier: Apache-2.0
"""The types that the page expects are what the server sends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import connect
from tests.server.training import HERE, train

TYPES = (Path(__file__).parents[2] / "web/src/api/types.ts").read_text()


def fields(interface: str) -> set[str]:
    """The names of an interface's fields."""
    found = re.search(rf"export interface {interface} {{\n(.*?)\n}}", TYPES, re.DOTALL)
    assert found is not None, interface
    return set(re.findall(r"^  (\w+): ", found[1], re.MULTILINE))


def answers(store: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name of each interface, and an object that the server sends for it."""
    run = train(store, steps=60, scale=40.0, rate=1.0, name="typed")
    with connect(store) as client:

        def get(path: str) -> dict[str, Any]:
            answer: dict[str, Any] = client.get(f"/api/runs/{run.id}{path}").json()
            return answer

        detail, structure, found = get(""), get("/structure"), get("/findings")
        listed = client.get("/api/runs").json()
        yield "Runs", listed
        yield "RunRow", listed["runs"][0]
        yield "Summary", listed["runs"][0]["summary"]
        yield "RunDetail", detail
        yield "RunHead", detail["run"]
        yield "Quantity", detail["quantities"][0]
        yield "Process", detail["processes"][0]
        yield "Structure", structure
        yield "Module", structure["modules"][0]
        yield "Parameter", structure["parameters"][0]
        yield "Place", structure["places"][0]
        yield "Optimizer", structure["optimizers"][0]
        yield "Loss", structure["losses"][0]
        yield "Source", structure["optimizers"][0]["source"]
        yield "Findings", found
        yield "Finding", found["findings"][0]
        yield "Console", get("/console")
        yield "SourceLines", get(f"/source?file={HERE}&line=47")
        yield "Graph", get("/graph")
        yield "DataFacts", (data := get("/data"))
        yield "Phase", data["training"]
        yield "Targets", data["targets"][0]
        yield "Samples", (kept := get("/samples"))
        yield "Sample", {"size": 0, "low": 0, "high": 0, "pixels": "", **kept["samples"][0]}
        yield "Trials", get("/trials")
        yield "Media", get("/media")
        yield "Trash", client.get("/api/trash").json()
        yield "Divergence", client.get(f"/api/divergence?a={run.id}&b={run.id}").json()
        yield "RuleText", client.get("/api/rules/vanishing-gradients").json()


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """All of them."""
    return dict(answers(tmp_path_factory.mktemp("store")))


def test_every_object_has_the_fields_that_its_type_names(sent: dict[str, dict[str, Any]]) -> None:
    """What the page reads is there; that the server sends more does no harm."""
    for name, answer in sent.items():
        assert fields(name) - set(answer) == set(), name

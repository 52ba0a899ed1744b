# SPDX-License-Identifier: Apache-2.0
"""The commands that answer from recorded runs: findings, diagnose, runs, show, compare, export."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from backprobe.store import catalog

from .recorded import train

Command = Callable[..., Result]

KEYS = {
    *("rule", "kind", "severity", "confidence", "rank", "where"),
    *("source", "steps", "message", "evidence", "treatments"),
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two runs, `sick` and then `sicker`."""
    folder = tmp_path_factory.mktemp("recorded")
    train(folder, "sick", 0.5)
    train(folder, "sicker", 0.9)
    return folder / "runs"


@pytest.fixture
def store(recorded: Path, store_directory: Path) -> Path:
    """The test's own copy of it."""
    shutil.copytree(recorded, store_directory)
    return store_directory


def _refuse(name: str) -> Any:
    raise AssertionError(f"not JSON: {name}")


def _json(done: Result) -> Any:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout, parse_constant=_refuse)


@pytest.mark.usefixtures("store")
class TestFindings:
    """`findings` and `diagnose`."""

    def test_json_has_the_documented_shape(self, command: Command) -> None:
        """Exactly the keys that others rely on, ranked from 1, valid JSON in spite of NaN."""
        answer = _json(command("findings", "sick", "--json"))
        assert set(answer) == {"run", "schema", "findings"}
        assert answer["schema"] == 1
        findings = answer["findings"]
        assert all(set(one) == KEYS for one in findings)
        assert [one["rank"] for one in findings] == list(range(1, len(findings) + 1))
        assert {one["kind"] for one in findings} <= {"cause", "symptom"}
        assert all(
            one["source"] is None or set(one["source"]) == {"file", "line"} for one in findings
        )
        assert "nonfinite-loss" in {one["rule"] for one in findings}

    def test_a_run_is_named_in_four_ways(self, command: Command, store: Path) -> None:
        """Id, prefix, name and `latest` mean the same run, and `latest` is the default."""
        run = catalog.find(store, "sicker")
        answers = [
            _json(command("findings", *words, "--json"))
            for words in ([], ["latest"], [run.id], [run.id[:6]], ["sicker"])
        ]
        assert all(answer == answers[0] for answer in answers)
        assert answers[0]["run"] == run.id

    def test_severity_and_ignore_leave_findings_out(self, command: Command) -> None:
        """`--min-severity error` leaves errors only; an ignored rule is silent."""
        errors = _json(command("findings", "--min-severity", "error", "--json"))["findings"]
        assert errors
        assert {one["severity"] for one in errors} == {"error"}
        silenced = errors[0]["rule"]
        rest = _json(command("findings", "--ignore", silenced, "--json"))["findings"]
        assert silenced not in {one["rule"] for one in rest}

    def test_a_silenced_rule_stays_silent(
        self, command: Command, store: Path, tmp_path: Path
    ) -> None:
        """What the run, or the project, silenced is silent in every later command."""
        rule = _json(command("findings", "--json"))["findings"][0]["rule"]
        run = catalog.find(store)
        catalog.edit(run, ignore=[rule])
        assert rule not in command("findings", "--json").stdout
        catalog.edit(run, ignore=[])
        assert rule in command("findings", "--json").stdout
        (tmp_path / "pyproject.toml").write_text(f'[tool.backprobe]\nignore = ["{rule}"]\n')
        assert rule not in command("findings", "--json").stdout

    def test_text_names_the_rule_and_the_run(self, command: Command) -> None:
        """Without `--json` a person reads it: the first cause, its evidence, what to try."""
        first = _json(command("findings", "--json"))["findings"][0]
        done = command("findings")
        assert done.exit_code == 0
        assert first["rule"] in done.stdout
        assert "sicker" in done.stdout

    def test_diagnose_answers_as_findings(self, command: Command) -> None:
        """Today's rules over a stored run give the same JSON."""
        again = command("diagnose", "sick", "--json").stdout
        assert again == command("findings", "sick", "--json").stdout


class TestRuns:
    """`runs`, `runs rm` and `runs prune`."""

    def test_lists_the_newest_first(self, command: Command, store: Path) -> None:
        """Each run with its state; `--limit` and `--project` choose."""
        assert store.is_dir()
        rows = _json(command("runs", "--json"))["runs"]
        assert [row["name"] for row in rows] == ["sicker", "sick"]
        assert {row["state"] for row in rows} == {"finished"}
        assert [r["name"] for r in _json(command("runs", "--json", "--limit", "1"))["runs"]] == [
            "sicker"
        ]
        assert _json(command("runs", "--json", "--project", "other"))["runs"] == []
        text = command("runs").stdout
        assert all(row["id"] in text for row in rows)

    def test_an_empty_store_is_said(self, command: Command) -> None:
        """No store yet is no fault."""
        assert "There is no run in" in command("runs").stdout
        assert _json(command("runs", "--json"))["runs"] == []

    def test_rm_asks_first(self, command: Command, store: Path) -> None:
        """A no, or no answer, removes nothing; `--yes` does not ask."""
        done = command("runs", "rm", "sick", input="n\n")
        assert done.exit_code != 0
        assert len(catalog.runs(store)) == 2
        assert command("runs", "rm", "sick", "--yes").exit_code == 0
        assert [run.name for run in catalog.runs(store)] == ["sicker"]

    def test_rm_keeps_a_running_one(self, command: Command, store: Path) -> None:
        """A run that is going on is refused, also beside others."""
        going_on = catalog.create(store, name="now")
        done = command("runs", "rm", "sick", "now", "--yes")
        assert done.exit_code == 2
        assert f"still running: {going_on.id}" in done.stderr
        assert len(catalog.runs(store)) == 3

    def test_prune_keeps_the_newest(self, command: Command, store: Path) -> None:
        """`--keep 1` leaves the newest; `--older-than` spares what is younger."""
        command("runs", "prune", "--older-than", "1", "--yes")
        assert len(catalog.runs(store)) == 2
        done = command("runs", "prune", "--keep", "1", "--dry-run")
        assert "Would remove 1 run" in done.stdout
        assert len(catalog.runs(store)) == 2
        done = command("runs", "prune", "--keep", "1", "--yes")
        assert done.exit_code == 0
        assert "freed" in done.stdout
        assert [run.name for run in catalog.runs(store)] == ["sicker"]


@pytest.mark.usefixtures("store")
class TestShow:
    """`show`, `compare` and `export`."""

    def test_show_json(self, command: Command) -> None:
        """Config, environment, structure and metrics of what really ran."""
        answer = _json(command("show", "sick", "--json"))
        assert answer["run"]["name"] == "sick"
        assert answer["config"] == {"lr": 0.5}
        assert answer["steps"] == 40
        assert answer["structure"]["parameters"] == 8 * 8 + 8 + 8 + 1
        assert answer["structure"]["optimizers"][0]["type"] == "SGD"
        assert answer["structure"]["losses"][0]["kind"] == "mse"
        assert answer["metrics"]["mine"]["count"] == 40
        assert answer["metrics"]["mine"]["last"] == "NaN"
        assert answer["metrics"]["loss"]["observed"] is True
        environment = answer["environment"]
        assert environment["torch"]["seed"] == 0
        assert "backprobe.init" in environment["script"]["text"]
        assert environment["packages"]["numpy"]
        assert answer["findings"] > 0

    def test_show_text(self, command: Command) -> None:
        """Each section is there, with the metrics as little pictures."""
        text = command("show", "sick").stdout
        for title in ("Config", "Environment", "Structure", "Metrics"):
            assert f"\n{title}\n" in text
        assert "mine" in text
        assert "▁" in text

    def test_compare(self, command: Command) -> None:
        """What was given differently, and what came out."""
        answer = _json(command("compare", "sick", "sicker", "--json"))
        assert answer["differences"]["config"]["lr"] == [0.5, 0.9]
        assert answer["differences"]["config"]["optimizer.lr"] == [0.5, 0.9]
        assert "python" not in answer["differences"]["environment"]
        assert answer["differences"]["metrics"]["steps"] == [40, 40]
        text = command("compare", "sick", "sicker").stdout
        assert "sicker" in text
        assert "optimizer.lr" in text

    def test_export_csv(self, command: Command) -> None:
        """A row a step, with the probe's columns and the script's own."""
        rows = list(
            csv.DictReader(io.StringIO(command("export", "sick", "--format", "csv").stdout))
        )
        assert [row["step"] for row in rows] == [str(step) for step in range(40)]
        assert float(rows[0]["mine"]) == pytest.approx(float(rows[0]["probe/loss"]), rel=1e-6)
        assert rows[-1]["mine"] == "nan"

    def test_export_json(self, command: Command, tmp_path: Path) -> None:
        """Everything of the record, as valid JSON, also into a file."""
        answer = _json(command("export", "sick"))
        assert answer["schema"] == 1
        assert len(answer["steps"]["loss"]) == 40
        assert {parameter["name"] for parameter in answer["parameters"]} >= {"0.weight", "1.bias"}
        assert command("export", "sick", "-o", "out.json").exit_code == 0
        assert json.loads((tmp_path / "out.json").read_text()) == answer
        refused = command("export", "sick", "-o", "no/such/folder/out.json")
        assert refused.exit_code == 2

# SPDX-License-Identifier: Apache-2.0
"""Rows that one server kept are the next one's, and only while they are true."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backprobe.records import Run
from backprobe.server import kept, listed, rows
from backprobe.server.app import create_app
from backprobe.server.diagnoses import Diagnoses
from backprobe.store import answers, catalog
from tests.server.training import train


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of two runs, one of them sick, whose rows a server has kept."""
    monkeypatch.setattr(rows, "SETTLED_NS", 0)
    monkeypatch.setattr(rows, "SAVE_SECONDS", 0)
    train(tmp_path, steps=60, name="wild", scale=40.0, rate=1.0, config={"lr": 0.1, "odd": 1e400})
    train(tmp_path, steps=20, name="fine")
    keep(tmp_path)
    return tmp_path


def keep(store: Path, count: int = 2) -> None:
    """Looks at the store until all its rows are kept."""
    table = create_app(store).state.rows
    end = time.monotonic() + 60
    # A diagnosis that is put beside a run moves its folder: the row is kept once more then.
    while _current(store) < count:
        table.since("")
        assert time.monotonic() < end
        time.sleep(0.05)


def _current(store: Path) -> int:
    """So many rows that are kept are those of the runs as they are."""
    kept_rows = listed.load(store).items()
    return sum((store / name).stat().st_mtime_ns == row.folder for name, row in kept_rows)


def shown(store: Path, read_only: bool = False) -> tuple[list[Any], Diagnoses]:
    """What a server shows at its first look, and what it knows of diagnoses then."""
    state = create_app(store, read_only=read_only).state
    return [json.loads(bytes(row)) for row in state.rows.since("")["runs"]], state.diagnoses


def settled(store: Path) -> tuple[list[Any], Diagnoses]:
    """As `shown`, once every run that it asked a diagnosis for has one."""
    state = create_app(store).state
    end = time.monotonic() + 60
    while True:
        found = [json.loads(bytes(row)) for row in state.rows.since("")["runs"]]
        if all(row["summary"] is not None for row in found):
            return found, state.diagnoses
        assert time.monotonic() < end
        time.sleep(0.05)


def anew(store: Path) -> list[Any]:
    """What a server shows that finds no kept rows, once it knows all."""
    (store / listed.NAME).unlink()
    return settled(store)[0]


def run_of(store: Path, name: str) -> Run:
    """The run of that name."""
    return catalog.find(store, name)


def test_the_next_server_shows_them_without_reading_the_runs(store: Path) -> None:
    """The same rows to the letter; nothing is diagnosed, or read, for them."""
    found, diagnoses = shown(store)
    assert [row["name"] for row in found] == ["fine", "wild"]
    assert found[1]["summary"]["errors"] > 0
    assert found[1]["config"]["odd"] == "Infinity"
    assert diagnoses.known(run_of(store, "wild")) is None
    assert found == anew(store)


def renamed(run: Run) -> None:
    """A person's label."""
    catalog.edit(run, name="other")


def grown(run: Run) -> None:
    """More of the log came."""
    (log,) = Path(run.path).glob("rank*.log")
    log.write_bytes(log.read_bytes() + b"BPR1 and more")


def joined(run: Run) -> None:
    """Another rank's log came."""
    (Path(run.path) / "rank1-p1.log").write_bytes(b"")


def answered(run: Run) -> None:
    """An experiment answered."""
    answers.keep(run, "lr", {"suggestion": 0.1})


def gone(run: Run) -> None:
    """It was removed."""
    catalog.delete(run)


def replaced(run: Run) -> None:
    """Its folder has another name."""
    os.rename(run.path, run.path + "x")


@pytest.mark.parametrize("change", [renamed, grown, joined, answered, gone, replaced])
def test_a_row_whose_files_changed_is_worked_out_anew(
    store: Path, change: Callable[[Run], None]
) -> None:
    """Whatever happened to the run while no server ran; the other row stays."""
    change(run_of(store, "wild"))
    found, diagnoses = settled(store)  # the diagnosis of what grew is worked out beside the table
    assert diagnoses.known(run_of(store, "fine")) is None
    assert found == anew(store)


def test_a_row_that_changes_while_it_is_watched(store: Path) -> None:
    """What was kept is followed like any other row; the trials of a run are found among them."""
    trial = catalog.create(store, kind="trial", config={"trial": {"of": "abc"}})
    catalog.close(trial, 0)
    keep(store, 3)
    table = create_app(store).state.rows
    seen = table.since("")
    assert table.since(seen["version"])["runs"] == []
    assert [run.id for run in table.trials("abc")] == [trial.id]
    catalog.edit(run_of(store, "fine"), name="other")
    (row,) = table.since(seen["version"])["runs"]
    assert json.loads(bytes(row))["name"] == "other"


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b'"steps":60', b'"steps":"<b>"'),
        lambda data: data.replace(b'"tags":[]', b'"tags":{}'),
        lambda _: b'{"key":"","rows":{}}',
        lambda _: b"[" * 100_000,
        lambda _: bytes(200),
    ],
)
def test_a_damaged_file_is_passed_over(store: Path, damage: Callable[[bytes], bytes]) -> None:
    """Cut short, of other types, of another program: the table is as if there were none."""
    path = store / listed.NAME
    before = path.read_bytes()
    path.write_bytes(damage(before))
    assert path.read_bytes() != before
    assert listed.load(store) == {}
    found, _ = shown(store)
    assert found == anew(store)


def test_other_rules_make_other_rows(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row counts only for the rules that it was diagnosed with."""
    monkeypatch.setattr(kept, "rules_version", lambda: "another")
    assert listed.load(store) == {}


def test_a_store_that_is_only_read_is_not_written_to(store: Path) -> None:
    """Neither by a server that only reads, nor where the file can't be had: it is a cache."""
    path = store / listed.NAME
    path.unlink()
    table = create_app(store, read_only=True).state.rows
    for _ in range(3):
        table.since("")
    time.sleep(0.2)
    assert not path.exists()
    path.mkdir()
    listed.save(store, {})
    assert [entry.name for entry in store.iterdir() if entry.suffix == ".tmp"] == []

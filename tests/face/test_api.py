# SPDX-License-Identifier: Apache-2.0
"""`Api`: the runs of the store, read back as they were logged."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from backprobe.face.api import Api
from backprobe.face.errors import CommError, UsageError
from backprobe.face.stored_run import StoredRun
from backprobe.records import Run
from backprobe.store import catalog
from backprobe.store.writer import LogWriter


def make(
    directory: Path,
    rows: list[tuple[int, dict[str, Any]]],
    created: float = 100.0,
    rank: int = 0,
    **facts: Any,
) -> Run:
    """A run with these rows, still running in this process."""
    run = catalog.create(directory, created=created, **facts)
    log(run, rows, rank)
    return run


def log(run: Run, rows: list[tuple[int, dict[str, Any]]], rank: int = 0) -> LogWriter:
    """Appends rows as another process of the run would."""
    writer = LogWriter(Path(run.path) / f"rank{rank}-p{len(list(Path(run.path).iterdir()))}.log")
    writer.event("process", rank=rank, world=2)
    for number, (step, values) in enumerate(rows):
        writer.row(step, values, run.created + number, number)
    return writer


ROWS: list[tuple[int, dict[str, Any]]] = [
    (0, {"loss": 3.0, "lr": 0.1}),
    (1, {"loss": 2.0}),
    (2, {"loss": 1.0, "lr": 0.2, "text": "x"}),
    (1, {"late": 7}),
]


def test_runs_without_a_path_are_all_of_this_store(store_directory: Path) -> None:
    """The newest first, trials left out, as a sequence."""
    made = [make(store_directory, [], created=float(n), project="p" * (n % 2)) for n in range(5)]
    make(store_directory, [], created=9.0, kind="trial")
    runs = Api().runs()
    assert [run.id for run in runs] == [run.id for run in reversed(made)]
    assert len(runs) == 5
    assert runs[0].id == made[-1].id
    assert [run.id for run in runs[:2]] == [made[4].id, made[3].id]
    assert [run.id for run in Api().runs(order="+created_at")] == [run.id for run in made]
    assert len(Api().runs(filters={"kind": "trial"})) == 1


def test_a_path_is_a_project(store_directory: Path) -> None:
    """With or without an entity, which means nothing here."""
    make(store_directory, [], project="a")
    make(store_directory, [], project="b")
    assert [run.project for run in Api().runs("a")] == ["a"]
    assert [run.project for run in Api().runs("me/b")] == ["b"]
    assert len(Api().runs("me/none")) == 0
    assert len(Api({"project": "a"}).runs()) == 1
    assert Api().projects() == ["a", "b"]


def test_filters_and_orders(store_directory: Path) -> None:
    """Over config, summary, state, tags and names."""
    for lr in (0.3, 0.1, 0.2):
        run = make(
            store_directory, [(0, {"acc": 1 - lr})], config={"lr": lr}, name=f"lr{lr}", tags=("t",)
        )
        if lr != 0.2:
            catalog.close(run, 0)

    def names(**arguments: Any) -> list[str]:
        return [run.name for run in Api().runs(**arguments)]

    assert names(filters={"config.lr": {"$gt": 0.15}}, order="+config.lr") == ["lr0.2", "lr0.3"]
    assert names(filters={"state": "running"}) == ["lr0.2"]
    assert names(filters={"tags": {"$in": ["t"]}, "display_name": {"$regex": "0.1"}}) == ["lr0.1"]
    assert names(filters={"name": "lr0.3"}) == ["lr0.3"]
    assert names(filters={"summary_metrics.acc": {"$gte": 0.85}}) == ["lr0.1"]
    assert names(order="-summary_metrics.acc") == ["lr0.1", "lr0.2", "lr0.3"]
    assert names(order="+config.lr.value") == ["lr0.1", "lr0.2", "lr0.3"]
    assert names(order="+name") == ["lr0.1", "lr0.2", "lr0.3"]
    with pytest.raises(UsageError):
        names(order="+")


def test_a_run_is_found_in_every_spelling(store_directory: Path) -> None:
    """Id, prefix, name, `latest`, and W&B's `entity/project/id`."""
    made = make(store_directory, [], id="abcdef12", name="base", project="p")
    for spelling in ("abcdef12", "abc", "base", "latest", "me/p/abcdef12", "me/p/runs/abcdef12"):
        assert Api().run(spelling).id == made.id
    with pytest.raises(CommError, match="no run 'nope'"):
        Api().run("me/p/nope")


def test_scan_history_gives_rows_that_hold_all_keys(store_directory: Path) -> None:
    """Only those keys; without keys every row with step, time and run time."""
    make(store_directory, ROWS)
    run = Api().run()
    assert list(run.scan_history(keys=["loss", "lr"])) == [
        {"loss": 3.0, "lr": 0.1},
        {"loss": 1.0, "lr": 0.2},
    ]
    assert list(run.scan_history(keys=["_step", "loss"]))[1] == {"_step": 1, "loss": 2.0}
    assert list(run.scan_history(keys=["nothing"])) == []
    rows = list(run.scan_history())
    assert rows[2] == {
        "_step": 2,
        "_timestamp": 102.0,
        "_runtime": 2.0,
        "loss": 1.0,
        "lr": 0.2,
        "text": "x",
    }
    assert [row["_step"] for row in rows] == [0, 1, 2, 1]
    assert [row["_step"] for row in run.scan_history(min_step=1, max_step=2)] == [1, 1]
    with pytest.raises(ValueError, match="expected a list of names"):
        run.scan_history(keys="loss")  # type: ignore[arg-type]


def test_history_is_a_sample(store_directory: Path) -> None:
    """The first and the last row are in it, the others evenly between."""
    make(store_directory, [(n, {"n": n}) for n in range(1000)])
    run = Api().run()
    sample = run.history(samples=5, keys=["n"], pandas=False)
    assert sample == [{"_step": n, "n": n} for n in (0, 250, 500, 749, 999)]
    assert len(run.history(pandas=False)) == 500
    assert len(run.history(samples=5000, pandas=False)) == 1000
    assert run.history(samples=1, keys=["n"], pandas=False) == [{"_step": 0, "n": 0}]
    assert run.history(keys=["n"], x_axis="_runtime", pandas=False)[0] == {"_runtime": 0.0, "n": 0}
    assert run.history(stream="system", pandas=False) == []
    with pytest.raises(ValueError, match="expected at least 1"):
        run.history(samples=0)


def test_history_is_a_data_frame_where_pandas_is(store_directory: Path) -> None:
    """Columns are keys; a value that a row lacks is NaN."""
    pandas = pytest.importorskip("pandas")
    make(store_directory, ROWS)
    frame = Api().run().history()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["_step"].tolist() == [0, 1, 2, 1]
    assert math.isnan(frame["lr"][1])


def test_history_is_a_list_where_pandas_is_missing(
    store_directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The user is told once."""
    make(store_directory, ROWS)
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert Api().run().history()[1]["loss"] == 2.0
    assert isinstance(Api().run().history(), list)
    assert capsys.readouterr().err.count("pip install pandas") == 1


def test_the_summary_of_a_run_that_broke_off(store_directory: Path) -> None:
    """It is made of the rows, the definitions and what the user set, in the order of time."""
    run = make(store_directory, [])
    writer = log(run, [])
    writer.event("metric", name="acc", summary=["max"], step_metric=None)
    for number, acc in enumerate((0.5, 0.9, 0.7)):
        writer.row(number, {"acc": acc, "loss": 1 - acc}, now := time.time(), number)
    writer.event("summary", best="mine", loss=9)
    summary = Api().run().summary
    assert summary["acc"] == {"max": 0.9}
    assert (summary["best"], summary["loss"]) == ("mine", 9)
    assert (summary["_step"], summary["_timestamp"]) == (2, now)
    assert summary["_runtime"] == now - run.created


def test_config_and_identity_of_a_live_run(store_directory: Path) -> None:
    """What was set in the log counts before anything is closed."""
    run = make(store_directory, [], config={"a": 1}, group="g", job_type="train", notes="n")
    log(run, []).event("config", b=2, _wandb={})
    found = Api().run()
    assert (found.config, found.rawconfig["_wandb"]) == ({"a": 1, "b": 2}, {})
    assert (found.group, found.job_type, found.notes, found.state) == ("g", "train", "n", "running")
    assert found.created_at == "1970-01-01T00:01:40+00:00"
    assert found.path == ["", "", run.id]
    catalog.close(run, 1)
    assert found.state == "failed"


def test_a_live_run_can_be_followed(store_directory: Path) -> None:
    """Each reading has what came since, from the same object."""
    run = make(store_directory, [(0, {"n": 0})])
    found = Api().run()
    assert [row["n"] for row in found.scan_history(keys=["n"])] == [0]
    log(run, [(1, {"n": 1})])
    assert [row["n"] for row in found.scan_history(keys=["n"])] == [0, 1]
    assert found.lastHistoryStep == 1


def test_of_several_ranks_the_lowest_that_logged_counts(store_directory: Path) -> None:
    """Every rank usually logs the same; rows of several processes of one rank are in time."""
    run = make(store_directory, [(0, {"from": "rank 1"})], rank=1)
    assert [row["from"] for row in Api().run().scan_history(keys=["from"])] == ["rank 1"]
    log(run, [(0, {"from": "rank 0"})])
    log(run, [(1, {"from": "rank 0 later"})])
    assert [row["from"] for row in Api().run().scan_history(keys=["from"])] == [
        "rank 0",
        "rank 0 later",
    ]


def test_what_a_person_changes_is_stored_at_once(store_directory: Path) -> None:
    """Name, notes and tags."""
    make(store_directory, [])
    run = Api().run()
    run.name, run.notes, run.tags = "better", "why", ["x", "y"]
    run.update()
    again = Api().run("better")
    assert (again.name, again.notes, again.tags) == ("better", "why", ["x", "y"])


def test_tags_config_and_summary_are_edited_as_scripts_do_it(store_directory: Path) -> None:
    """By changing what was given and `update`; another look at the run sees it."""
    catalog.close(make(store_directory, ROWS), 0)
    run = Api().run()
    run.tags.append("kept")
    run.config["key"] = 1
    run.summary["acc"] = 0.9
    run.summary.update({"best": (1, 2)})
    run.update()
    run.summary["later"] = True
    again = Api().run()
    assert again.tags[-1] == "kept"
    assert again.config["key"] == 1
    found = again.summary
    assert (found["acc"], found["best"], found["later"]) == (0.9, [1, 2], True)
    assert found._json_dict == dict(found)


def test_files(store_directory: Path, tmp_path: Path) -> None:
    """They are listed by their path, found by name, and copied."""
    made = make(store_directory, ROWS)
    folder = Path(made.path) / "files" / "out"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("hello")
    run = Api().run()
    listed = {file.name: file.size for file in run.files()}
    assert listed["files/out/a.txt"] == 5
    assert "run.json" in listed
    with run.file("out/a.txt").download(str(tmp_path / "copy")) as file:
        assert file.read() == "hello"
    with pytest.raises(ValueError, match="exists already"):
        run.file("out/a.txt").download(str(tmp_path / "copy"))
    with pytest.raises(CommError, match="has no file 'b'"):
        run.file("b")


def test_deleting_a_run(store_directory: Path) -> None:
    """One that is running is not removed."""
    made = make(store_directory, ROWS)
    run = Api().run()
    with pytest.raises(CommError, match="is running"):
        run.delete()
    catalog.close(made, 0)
    run.delete()
    assert len(Api().runs()) == 0


def test_what_is_not_finite_is_read_back_as_it_is(store_directory: Path) -> None:
    """NaN and infinities are numbers, not texts."""
    make(store_directory, [(0, {"a": math.nan, "b": math.inf})])
    ((row),) = Api().run().scan_history(keys=["a", "b"])
    assert math.isnan(row["a"])
    assert row["b"] == math.inf
    json.dumps(row)


def test_another_store(tmp_path: Path) -> None:
    """A directory of one's own, also one that is not there."""
    make(tmp_path / "other", [])
    assert len(Api(directory=tmp_path / "other").runs()) == 1
    assert len(Api(directory=tmp_path / "none").runs()) == 0
    assert isinstance(Api(directory=tmp_path / "other").run(), StoredRun)

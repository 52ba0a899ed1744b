# SPDX-License-Identifier: Apache-2.0
"""Runs that the real libraries wrote, and what the rules say of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from backprobe.cli.main import main
from backprobe.records import Record
from backprobe.session import examine
from backprobe.store import catalog
from backprobe.store.imports import keep, sources
from backprobe.store.imports.imported import Imported, NotReadable
from backprobe.store.reader import RunReader

Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Calls the command line in this process, in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, words)


def kept(run: Imported, directory: Path) -> Record:
    """The record of a run after it was stored."""
    record, _ = examine(keep.keep(directory, run))
    return record


def test_tensorboard(tensorboard_folder: Path, store_directory: Path) -> None:
    """Scalars, histograms and hyper-parameters; folders of one writer are one run."""
    (run,) = sources.read(tensorboard_folder / "logs")
    assert run.name == "one"
    assert run.config == {"width": 64, "lr": 0.1, "name": "x", "flag": True}
    assert run.summary == {"best": 0.5}
    assert run.damage == ()
    assert run.left_out == ("4 pictures",)
    record = kept(run, store_directory)
    steps, values = record.history["train/loss"]
    assert steps.tolist() == list(range(40))
    assert np.allclose(values[:30], 2.0 * 0.9 ** np.arange(30), rtol=1e-6)
    assert np.isnan(values[30:]).all()
    assert record.history["both/b"][1].tolist() == [-step for step in range(40)]
    assert {one.name for one in record.parameters} == {"fc1.weight"}
    assert record.evaluations["accuracy"].tolist() == [0.25] * 4
    assert set(record.steps["lr"].astype(np.float32)) == {np.float32(0.1)}


def test_histograms_keep_their_scale(tensorboard_folder: Path, store_directory: Path) -> None:
    """RMS and count of a logged tensor come back from the record's own bins."""
    (run,) = sources.read(tensorboard_folder / "logs")
    made = keep.keep(store_directory, run)
    record, _ = examine(made)
    weight = record.parameters_series.of("weight_rms", 0)
    gradient = record.parameters_series.of("grad_rms", 0)
    assert np.allclose(weight, 0.1, rtol=0.15)
    assert np.allclose(gradient, 1e-4, rtol=0.15)
    reader = RunReader(made)
    reader.refresh()
    (log,) = reader.logs.values()
    assert [int(block["counts"].sum()) for block in log.assembled.histograms] == [2000] * 4


def test_tensors_of_tensorflow_2(tensors_folder: Path, store_directory: Path) -> None:
    """The newer encoding: numbers and histograms as tensors."""
    (run,) = sources.read(tensors_folder)
    record = kept(run, store_directory)
    assert np.allclose(record.history["loss"][1], 1.0 / np.arange(1, 6))
    assert np.allclose(record.parameters_series.of("weight_rms", 0), 1.0, rtol=0.15)
    assert run.created == 1e9


def test_wandb(wandb_folder: Path, store_directory: Path) -> None:
    """Identity, config, summary, rows, histograms and what was printed."""
    (run,) = sources.read(wandb_folder)
    record = kept(run, store_directory)
    assert (run.name, run.project, run.group, run.job_type) == ("first", "digits", "g", "train")
    assert (run.notes, run.tags, run.state) == ("a note", ("a", "b"), "finished")
    assert run.config == {"lr": 0.1, "net": {"depth": 2}}
    assert run.summary["best"] == 0.25
    assert np.allclose(record.history["train/loss"][1], 2.0 * 0.9 ** np.arange(30))
    assert record.history["nested.x"][1].tolist() == list(range(30))
    assert math.isnan(record.history["val/loss"][1][2])
    assert [one.tag for one in run.histograms] == ["gradients/fc1.weight"] * 3
    assert np.allclose(record.parameters_series.of("grad_rms", 0), 1e-3, rtol=0.15)
    assert "hello from the script" in "".join(text for _, text in record.console)


def test_mlflow(mlflow_folder: Path, store_directory: Path) -> None:
    """Both runs of a database, with NaN and infinity as they were logged."""
    runs = sources.read(mlflow_folder)
    assert [run.name for run in runs] == ["run0", "run1"]
    record = kept(runs[0], store_directory)
    assert record.run.project == "digits"
    assert record.run.config == {"lr": 0.1, "depth": 2, "name": "x", "flag": True}
    assert record.run.tags == ("team=blue",)
    values = record.history["train_loss"][1]
    assert np.allclose(values[:20], 2.0 * 0.9 ** np.arange(20))
    assert math.isnan(values[20])
    assert math.isinf(values[21])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'CREATE TABLE "runs"', b'CREATE T\xc5BLE "runs"'),  # SQLite's message quotes the bytes
        (b"run_uuid VARCHAR", b"gone_id_ VARCHAR"),
    ],
)
def test_a_damaged_database_is_refused_in_words(
    mlflow_folder: Path, tmp_path: Path, before: bytes, after: bytes
) -> None:
    """Whatever SQLite says of it, and whatever is missing."""
    data = (mlflow_folder / "mlflow.db").read_bytes()
    assert before in data
    file = tmp_path / "mlflow.db"
    file.write_bytes(data.replace(before, after))
    with pytest.raises(NotReadable, match="damaged"):
        sources.read(file)


def test_mlflows_old_folders(tmp_path: Path) -> None:
    """The plain-text store that MLflow 3 no longer writes."""
    run = tmp_path / "mlruns" / "1" / "abc"
    (run / "metrics").mkdir(parents=True)
    (run / "params").mkdir()
    (run / "metrics" / "loss").write_text("1700000000000 0.5 0\n1700000001000 0.25 1\nbroken\n")
    (run / "params" / "lr").write_text("0.1")
    (run / "meta.yaml").write_text("run_id: abc\nrun_name: old\nstatus: 3\nend_time: null\n")
    (run.parent / "meta.yaml").write_text("name: digits\n")
    (found,) = sources.read(tmp_path)
    assert (found.name, found.project, found.state) == ("old", "digits", "finished")
    assert [dict(values) for _, _, values in found.rows] == [{"loss": 0.5}, {"loss": 0.25}]
    assert len(found.damage) == 1


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("step,loss,acc\n0,1.0,\n5,nan,0.5\n", [0, 5]),
        ("loss;acc\n1.0;0.1\n0.5;0.2\n", [0, 1]),
        ("Epoch\tTrain Loss\n1\t2.5\n2\t2.25\n", [1, 2]),
    ],
)
def test_csv(tmp_path: Path, store_directory: Path, text: str, steps: list[int]) -> None:
    """Commas, semicolons and tabs; a column of steps, or rows that are counted."""
    file = tmp_path / "history.csv"
    file.write_text(text)
    (run,) = sources.read(file)
    assert [row[0] for row in run.rows] == steps
    assert run.damage == ()
    assert len(kept(run, store_directory).steps) == 2


def test_an_accuracy_in_percent(tmp_path: Path, store_directory: Path) -> None:
    """Is a share in the record, as the rules read it, and what it was in the history."""
    file = tmp_path / "a.csv"
    file.write_text("step,val_acc\n0,10.5\n1,91\n")
    record = kept(sources.read(file)[0], store_directory)
    assert record.evaluations["accuracy"].tolist() == [0.105, 0.91]
    assert record.history["val_acc"][1].tolist() == [10.5, 91.0]


def test_the_command_and_the_diagnosis(
    tensorboard_folder: Path, store_directory: Path, command: Command
) -> None:
    """Imported, listed, diagnosed; a second import replaces the first."""
    logs = str(tensorboard_folder / "logs")
    for _ in range(2):
        done = command("import", logs, "--name", "old", "--project", "p", "--json")
        assert done.exit_code == 0, done.output
    (answer,) = json.loads(done.output)["runs"]
    assert (answer["rows"], answer["name"], answer["project"]) == (40, "old", "p")
    assert [run.name for run in catalog.runs(store_directory)] == ["old"]
    found = command("diagnose", "old", "--json")
    assert [one["rule"] for one in json.loads(found.output)["findings"]] == ["nonfinite-loss"]
    assert "layers, gradients, data and code were not seen" in " ".join(
        command("diagnose", "old").output.split()
    )


def test_a_healthy_import_gets_no_warning(store_directory: Path, tmp_path: Path) -> None:
    """What was not seen is not held against a run."""
    rng = np.random.default_rng(0)
    lines = ["step,train_loss,val_loss,val_acc,lr"]
    for step in range(0, 2000, 10):
        loss = 0.2 + 2.0 * 0.99 ** (step / 4) + rng.normal() * 0.02
        held_out = f"{loss * 1.1},0.9" if step % 100 == 0 else ","
        lines.append(f"{step},{loss},{held_out},0.001")
    file = tmp_path / "good.csv"
    file.write_text("\n".join(lines))
    (run,) = sources.read(file)
    _, findings = examine(keep.keep(store_directory, run))
    assert [one.rule for one in findings if one.severity != "note"] == []


@pytest.mark.parametrize("name", ["missing", "empty", "notes.txt", "other.db", "words.csv"])
def test_nothing_to_import_is_said(tmp_path: Path, command: Command, name: str) -> None:
    """One line, exit status 2, and no run."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "other.db").write_bytes(b"SQLite format 3\0" + bytes(100))
    (tmp_path / "words.csv").write_text("a,b\nx,y\n")
    done = command("import", name)
    assert done.exit_code == 2
    assert len(done.output.splitlines()) == 1
    assert done.output.startswith("backprobe: ")


def test_a_full_disk_leaves_no_part(
    tmp_path: Path, store_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the run can't be put in its place, nothing of it is there."""
    file = tmp_path / "a.csv"
    file.write_text("step,loss\n0,1\n")
    (run,) = sources.read(file)
    monkeypatch.setattr(catalog, "write", _full)
    with pytest.raises(OSError, match="full"):
        keep.keep(store_directory, run)
    assert [path.name for path in store_directory.iterdir()] == [".gitignore"]
    assert catalog.runs(store_directory) == []


def _full(_: object) -> None:
    raise OSError(28, "full")


def test_not_readable_names_the_file(tmp_path: Path) -> None:
    """A file with the right name and the wrong bytes."""
    file = tmp_path / "run-x.wandb"
    file.write_bytes(b"nonsense")
    with pytest.raises(NotReadable, match=r"run-x\.wandb"):
        sources.read(file)

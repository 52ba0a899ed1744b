# SPDX-License-Identifier: Apache-2.0
"""The catalog: making runs, finding them, and what state each is in."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from backprobe.records import Run
from backprobe.store import catalog


def make(directory: Path, created: float, **facts: object) -> Run:
    """A finished run of that age."""
    run = catalog.create(directory, created=created, **facts)
    return catalog.close(run, 0)


def test_a_run_comes_back_as_it_was_made(tmp_path: Path) -> None:
    """What `create` was told is what `read` gives, types included."""
    made = catalog.create(
        tmp_path / "store",
        name="first",
        project="p",
        tags=("a", "b"),
        command=("python", "x.py"),
        config={"lr": 0.1, "betas": [0.9, 0.99]},
    )
    assert catalog.read(Path(made.path)) == made
    assert re.fullmatch("[a-z][a-z0-9]{7}", made.id)
    assert made.state == "running"


def test_a_store_keeps_itself_out_of_git(tmp_path: Path) -> None:
    """The first run leaves a .gitignore; a user's own is not touched."""
    catalog.create(tmp_path / "a")
    assert "*" in (tmp_path / "a" / ".gitignore").read_text().splitlines()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / ".gitignore").write_text("mine")
    catalog.create(tmp_path / "b")
    assert (tmp_path / "b" / ".gitignore").read_text() == "mine"


def test_an_id_is_never_given_twice(tmp_path: Path) -> None:
    """A run that exists is not written over."""
    first = catalog.create(tmp_path, id="same", name="first")
    with pytest.raises(FileExistsError):
        catalog.create(tmp_path, id="same", name="second")
    assert catalog.find(tmp_path, "same").name == first.name == "first"


@pytest.mark.parametrize(
    ("code", "state"), [(0, "finished"), (3, "failed"), (-signal.SIGTERM, "killed")]
)
def test_how_it_ended_is_its_state(tmp_path: Path, code: int, state: str) -> None:
    """The exit status decides; a negative one is a signal."""
    ended = catalog.close(catalog.create(tmp_path), code)
    assert (ended.state, ended.exit_code) == (state, code)
    assert ended.ended is not None
    assert catalog.find(tmp_path, ended.id) == ended


def test_closing_keeps_what_was_changed_meanwhile_apart(tmp_path: Path) -> None:
    """A person's edit and what the script set survive, in files of their own."""
    run = catalog.create(tmp_path, name="begun", config={"a": 1})
    catalog.amend(run, name="script's", config={"b": 2})
    catalog.edit(run, tags=["good"])
    ended = catalog.close(run, 0)
    assert (ended.name, ended.tags, ended.config) == ("script's", ("good",), {"a": 1, "b": 2})
    assert json.loads((Path(run.path) / "run.json").read_text())["name"] == "begun"
    catalog.edit(run, name="mine")
    assert catalog.find(tmp_path, "mine").state == "finished"


def test_latest_is_the_newest_that_is_no_trial(tmp_path: Path) -> None:
    """Trials never count as the latest, but are found by their id."""
    old = make(tmp_path, 1.0)
    newer = make(tmp_path, 2.0)
    trial = make(tmp_path, 3.0, kind="trial")
    assert catalog.find(tmp_path).id == newer.id
    assert catalog.find(tmp_path, trial.id).kind == "trial"
    assert [run.id for run in catalog.runs(tmp_path)] == [trial.id, newer.id, old.id]


def test_only_trials_means_no_latest(tmp_path: Path) -> None:
    """The message says what to do."""
    make(tmp_path, 1.0, kind="trial")
    with pytest.raises(catalog.UnknownRun, match=r"there is no run in .* yet; `backprobe run"):
        catalog.find(tmp_path)


def test_a_run_is_found_by_id_name_or_prefix(tmp_path: Path) -> None:
    """A name means its newest run; an id comes before a name; a prefix must be unique."""
    first = make(tmp_path, 1.0, id="abcd1", name="base")
    second = make(tmp_path, 2.0, id="abce2", name="base")
    third = make(tmp_path, 3.0, id="zzzz9", name="abcd1")
    assert catalog.find(tmp_path, "base").id == second.id
    assert catalog.find(tmp_path, "abcd1").id == first.id
    assert catalog.find(tmp_path, "z").id == third.id
    assert catalog.find(tmp_path, "abce").id == second.id
    with pytest.raises(catalog.UnknownRun, match=r"'abc' fits 2 runs: abce2 .*abcd1"):
        catalog.find(tmp_path, "abc")
    with pytest.raises(catalog.UnknownRun, match="no run 'nope' in"):
        catalog.find(tmp_path, "nope")
    with pytest.raises(catalog.UnknownRun):
        catalog.find(tmp_path, "")


def test_no_store_is_an_empty_one(tmp_path: Path) -> None:
    """Looking never makes a folder."""
    assert catalog.runs(tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_what_is_no_run_is_passed_over(tmp_path: Path) -> None:
    """Stray files, broken JSON and folders of others do not spoil the list."""
    kept = make(tmp_path, 1.0)
    (tmp_path / "stray").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text('{"id": ')
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "run.json").write_text("[]")
    assert [run.id for run in catalog.runs(tmp_path)] == [kept.id]


def test_a_later_versions_fields_are_passed_over(tmp_path: Path) -> None:
    """A run.json with more than we know is read."""
    run = catalog.create(tmp_path)
    path = Path(run.path) / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "hologram": 1}))
    assert catalog.read(Path(run.path)) == run


def test_a_dead_process_means_crashed(tmp_path: Path) -> None:
    """A run that nobody closed and whose process is gone, or a zombie, has crashed."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    run = catalog.create(tmp_path, pid=child.pid)
    assert catalog.find(tmp_path, run.id).state == "running"
    child.kill()
    deadline = time.monotonic() + 20
    while catalog.find(tmp_path, run.id).state == "running" and time.monotonic() < deadline:
        time.sleep(0.01)
    assert catalog.find(tmp_path, run.id).state == "crashed"  # a zombie: nobody has waited
    child.communicate()
    assert catalog.find(tmp_path, run.id).state == "crashed"


def test_a_process_that_took_a_dead_ones_id_does_not_keep_a_run_alive(tmp_path: Path) -> None:
    """A run that began before the process of its id, and whose logs are silent, has crashed."""
    run = catalog.create(tmp_path)
    log = Path(run.path) / "rank0-p1.log"
    log.touch()
    for path in (log, Path(run.path) / "run.json"):
        os.utime(path, (1.0, 1.0))
    assert catalog.find(tmp_path, run.id).state == "crashed"
    log.touch()
    assert catalog.find(tmp_path, run.id).state == "running"


def test_a_run_of_another_host_lives_as_long_as_its_logs_move(tmp_path: Path) -> None:
    """There no process can be asked: the sign of life decides."""
    run = catalog.create(tmp_path, host="elsewhere", pid=1)
    log = Path(run.path) / "rank0-p1.log"
    log.touch()
    assert catalog.find(tmp_path, run.id).state == "running"
    old = time.time() - catalog.SILENT_SECONDS - 1
    os.utime(log, (old, old))
    assert catalog.find(tmp_path, run.id).state == "crashed"


def test_going_on_with_a_run_makes_it_run_again(tmp_path: Path) -> None:
    """`reopen` takes the end back and puts this process in."""
    ended = catalog.close(catalog.create(tmp_path, pid=1, name="n"), 1)
    again = catalog.reopen(ended)
    assert (again.state, again.exit_code, again.ended, again.name) == ("running", None, None, "n")
    assert again.pid == os.getpid()


CREATE = """
import sys
from pathlib import Path
from backprobe.store import catalog
for number in range(40):
    run = catalog.create(Path(sys.argv[1]), name=f"{sys.argv[2]}-{number}")
    catalog.amend(run, config={"n": number})
    catalog.close(run, 0)
"""


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    """Processes that make runs in one store at the same time do not disturb each other."""
    writers = [
        subprocess.Popen([sys.executable, "-c", CREATE, str(tmp_path), name]) for name in "ab"
    ]
    while any(writer.poll() is None for writer in writers):
        assert all(run.name for run in catalog.runs(tmp_path))
    assert [writer.returncode for writer in writers] == [0, 0]
    runs = catalog.runs(tmp_path)
    assert sorted(run.name for run in runs) == sorted(f"{w}-{n}" for w in "ab" for n in range(40))
    assert all(run.config == {"n": int(run.name[2:])} and run.state == "finished" for run in runs)


def test_deleting_takes_the_whole_folder_and_nothing_else(tmp_path: Path) -> None:
    """Only a run's folder is ever removed."""
    run, kept = make(tmp_path, 1.0), make(tmp_path, 2.0)
    (Path(run.path) / "media").mkdir()
    catalog.delete(run)
    assert [one.id for one in catalog.runs(tmp_path)] == [kept.id]
    with pytest.raises(FileNotFoundError, match="holds no run"):
        catalog.delete(replace(kept, path=str(tmp_path)))


def test_the_store_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`BACKPROBE_DIR`, and `.backprobe` in the working directory without it."""
    monkeypatch.setenv("BACKPROBE_DIR", str(tmp_path / "x"))
    assert catalog.store_directory() == tmp_path / "x"
    monkeypatch.delenv("BACKPROBE_DIR")
    monkeypatch.chdir(tmp_path)
    assert catalog.store_directory() == tmp_path / ".backprobe"

# SPDX-License-Identifier: Apache-2.0
"""Which interpreter and which command line a target becomes."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pytest

from backprobe.cli._target import find_python, resolve, title


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a script, and a PATH with a `python` and a tool."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("pass\n")
    (tmp_path / "bin").mkdir()
    for name in ("python", "tool"):
        program = tmp_path / "bin" / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("BACKPROBE_PYTHON", raising=False)
    return tmp_path


def test_a_script_runs_with_this_python_if_it_has_torch() -> None:
    """The argument vector is what a shell would give: the script's name as it was typed."""
    target = resolve(["train.py", "--lr", "1"], None)
    assert target.command == (sys.executable, "train.py", "--lr", "1")


def test_the_asked_for_python_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--python`, else BACKPROBE_PYTHON."""
    assert find_python("tool") == str(folder / "bin" / "tool")
    monkeypatch.setenv("BACKPROBE_PYTHON", str(folder / "bin" / "python"))
    assert find_python(None) == str(folder / "bin" / "python")
    assert find_python("tool") == str(folder / "bin" / "tool")


def test_a_python_without_torch_leaves_it_to_the_path(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation of backprobe beside the user's environment takes the user's `python`."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert find_python(None) == str(folder / "bin" / "python")


def test_a_command_is_found_on_the_path(folder: Path) -> None:
    """What is no file here is looked for on the PATH, and keeps its name as argv[0]."""
    target = resolve(["tool", "train.py"], None)
    assert (target.executable, target.command) == (
        str(folder / "bin" / "tool"),
        ("tool", "train.py"),
    )


def test_a_folder_named_like_a_command_is_not_in_its_way(folder: Path) -> None:
    """A repository may hold a folder `python`; the command is meant."""
    (folder / "python").mkdir()
    assert resolve(["python", "train.py"], None).executable == str(folder / "bin" / "python")


def test_a_program_by_its_path_runs_itself(folder: Path) -> None:
    """An executable that is not Python is started as it is; a Python one by the user's Python."""
    (folder / "job.sh").write_text("#!/bin/sh\n")
    (folder / "job.sh").chmod(0o755)
    assert resolve(["./job.sh", "x"], None).command == ("./job.sh", "x")
    (folder / "job").write_text("#!/usr/bin/env python3\n")
    assert resolve(["./job"], None).command == (sys.executable, "./job")


def test_the_interpreters_options_need_its_name() -> None:
    """`-u train.py` is refused, and the line says how it is meant to be written."""
    with pytest.raises(click.UsageError, match=r"`backprobe run python -u train\.py`"):
        resolve(["-u", "train.py"], None)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["train.py", "--lr", "0.1"], "train"),
        (["jobs/train.py"], "train"),
        (["-m", "pkg.train"], "pkg.train"),
        (["torchrun", "--nproc-per-node", "2", "train.py"], "train"),
        (["/usr/bin/job"], "job"),
    ],
)
def test_a_run_without_a_name_is_called_by_its_script(words: list[str], name: str) -> None:
    """So that `backprobe prove train` finds it."""
    assert title(words) == name

# SPDX-License-Identifier: Apache-2.0
"""What is captured of a run's environment."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from backprobe.store import environment
from backprobe.store.environment import Capture, git_facts, package_facts, process_facts


def _git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    (tmp_path / "train.py").write_text("lr = 0.1\n")
    _git(tmp_path, "init", "-b", "trunk")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-m", "first")
    return tmp_path


def test_git_of_a_clean_repository(repository: Path) -> None:
    """Commit and branch are known, and that nothing was changed."""
    facts = git_facts(repository)["git"]
    assert len(facts["commit"]) == 40
    assert (facts["branch"], facts["dirty"], facts["diff"]) == ("trunk", False, "")


def test_git_of_a_changed_repository(repository: Path) -> None:
    """The diff to the commit is kept, without secrets; git's index is not touched."""
    (repository / "train.py").write_text("lr = 0.2\napi_key = 'abcd1234efgh'\n")
    before = (repository / ".git" / "index").stat().st_mtime_ns
    facts = git_facts(repository)["git"]
    assert facts["dirty"] is True
    assert "+lr = 0.2" in facts["diff"]
    assert "abcd1234efgh" not in facts["diff"]
    assert (repository / ".git" / "index").stat().st_mtime_ns == before


def test_a_large_diff_is_cut(repository: Path) -> None:
    """Of a diff of megabytes the beginning is kept, and that it was cut."""
    (repository / "train.py").write_text("x = 1\n" * 400_000)
    facts = git_facts(repository)["git"]
    assert facts["diff_truncated"] is True
    assert len(facts["diff"]) == environment.OUTPUT_BYTES


def test_no_repository_gives_nothing(tmp_path: Path) -> None:
    """Outside a repository, and without git, there is nothing to tell."""
    assert git_facts(tmp_path) == {}


def test_git_that_hangs_is_given_up(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A git that does not answer costs its time-out and no more."""
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(environment, "GIT_SECONDS", 0.1)
    assert git_facts(repository) == {}


def test_process_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interpreter and host are known; of the variables only those of the list."""
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("DATABASE_PASSWORD", "sesame")
    facts = process_facts()
    assert facts["python"] == platform.python_version()
    assert facts["executable"] == sys.executable
    assert facts["variables"]["OMP_NUM_THREADS"] == "3"
    assert "sesame" not in str(facts)


def test_package_facts() -> None:
    """The installed packages with their versions."""
    packages = package_facts()["packages"]
    assert packages["pytest"] == pytest.__version__


def test_a_part_that_fails_costs_itself_only() -> None:
    """What can't be had is noted, and the rest still comes."""

    def broken() -> Mapping[str, Any]:
        raise RuntimeError("no such device")

    written: list[Mapping[str, Any]] = []
    Capture(written.append, extra=broken).join(30)
    assert {"broken": "RuntimeError('no such device')"} in [f.get("missing") for f in written]
    assert any("packages" in facts for facts in written)
    assert any("python" in facts for facts in written)


def test_other_ranks_tell_only_of_themselves() -> None:
    """One process of a job captures packages and git; the others their own process."""
    written: list[Mapping[str, Any]] = []
    Capture(written.append, full=False).join(30)
    assert [sorted(set(facts) & {"python", "packages", "git"}) for facts in written] == [["python"]]


def test_what_repeats_a_run_leaves_packages_and_git_to_it() -> None:
    """They take longer than many a trial; its own text is kept all the same."""
    written: list[Mapping[str, Any]] = []
    Capture(written.append, again=True).join(30)
    assert not any({"packages", "git"} & set(facts) for facts in written)
    assert any("python" in facts for facts in written)

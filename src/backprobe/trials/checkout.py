# SPDX-License-Identifier: Apache-2.0
"""The code of a run as it was: in its folder where nothing has changed, else put together aside.

Aside means: the commit's files with the recorded diff, in a temporary folder; what git did not
track (data, environments) is linked from where it is today. Nothing in the user's folders changes.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backprobe.records import Run
from backprobe.store import redact
from backprobe.store.environment import git_facts

GIT_SECONDS = 60.0


@dataclass
class Checkout:
    """Where a run's code is now.

    Arguments:
        root: the folder that stands for the recorded one.
        recorded: that one.
        aside: whether it is a temporary folder.
        notes: what is not as it was, in words.
    """

    root: Path
    recorded: Path
    aside: bool = False
    notes: list[str] = field(default_factory=list)

    def moved(self, text: str) -> str:
        """A path or argument with the recorded folder replaced."""
        old = str(self.recorded)
        if self.aside and (text == old or text.startswith(old + os.sep)):
            return str(self.root) + text.removeprefix(old)
        return text

    def remove(self) -> None:
        """Takes a temporary folder away; links are not followed."""
        if self.aside:
            shutil.rmtree(self.root, ignore_errors=True)


def prepare(run: Run) -> Checkout:
    """The code of a run, as near to what it was as can be had.

    Arguments:
        run: with its recorded environment.
    """
    git = run.environment.get("git")
    if isinstance(git, Mapping) and git.get("commit") and git.get("root"):
        return _of_git(git)
    return _of_script(run)


def _of_git(git: Mapping[str, Any]) -> Checkout:
    root = Path(str(git["root"]))
    there = Checkout(root, root)
    if not root.is_dir():
        there.notes.append(f"the repository {root} is not there any more")
        return there
    now = git_facts(root).get("git", {})
    if now.get("commit") == git["commit"] and now.get("diff") == git.get("diff"):
        return there
    commit, diff = str(git["commit"]), git.get("diff") or ""
    packed = _git(root, "archive", commit)
    if packed is None:
        there.notes.append(f"commit {commit[:12]} is not in {root} any more; today's code ran")
        return there
    aside = Checkout(Path(tempfile.mkdtemp(prefix="backprobe-repro-")), root, aside=True)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(aside.root, filter="data")
    if git.get("diff_truncated") or redact.HIDDEN in diff:
        aside.notes.append("the recorded diff is not whole, and was left out")
    elif diff and not _applied(aside.root, diff):
        aside.notes.append("the recorded diff does not apply, and was left out")
    _link_untracked(root, aside.root)
    aside.notes.append(f"ran commit {commit[:12]}{' and its diff' if diff else ''}, aside")
    return aside


def _of_script(run: Run) -> Checkout:
    """Without git: the recorded text of the script beside today's other files."""
    script = run.environment.get("script")
    folder = Path(run.cwd)
    if not isinstance(script, Mapping) or not script.get("path"):
        return Checkout(folder, folder, notes=["the script's text was not recorded"])
    path, text = Path(str(script["path"])), str(script.get("text", ""))
    folder = path.parent
    there = Checkout(folder, folder)
    today = path.read_text(errors="replace") if path.is_file() else None
    if today == text:
        return there
    if script.get("truncated") or redact.HIDDEN in text:
        if today is None:
            there.notes.append(f"{path} is gone, and its text was not recorded whole")
        return there  # what was hidden differs by nature
    aside = Checkout(Path(tempfile.mkdtemp(prefix="backprobe-repro-")), folder, aside=True)
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name != path.name:
            (aside.root / entry.name).symlink_to(entry)
    (aside.root / path.name).write_text(text)
    aside.notes.append(f"{path.name} has changed since; its recorded text ran")
    return aside


def _applied(folder: Path, diff: str) -> bool:
    try:
        # as outside of any repository: below one, `git apply` would patch nothing, silently
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn"],
            cwd=folder,
            env={**os.environ, "GIT_DIR": str(folder / ".no-git"), "GIT_CEILING_DIRECTORIES": "/"},
            input=diff.encode(),
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _link_untracked(root: Path, aside: Path) -> None:
    """Links what git does not track, the largest folders as a whole."""
    listed = _git(root, "ls-files", "--others", "--directory", "--no-empty-directory", "-z") or b""
    for name in listed.decode("utf-8", "surrogateescape").split("\0"):
        target = aside / name.rstrip("/")
        if not name or target.exists() or target.is_symlink():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(root / name.rstrip("/"))


def _git(folder: Path, *words: str) -> bytes | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None

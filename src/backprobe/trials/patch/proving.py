# SPDX-License-Identifier: Apache-2.0
"""Writes a proven treatment into a copy of the source, and runs that without the probe."""

from __future__ import annotations

import ast
import math
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backprobe.records import Record, Run
from backprobe.trials import outcome
from backprobe.trials.executor import Executor
from backprobe.trials.launch import Task
from backprobe.trials.nouns import Arm, Outcome
from backprobe.trials.patch.diff import unified
from backprobe.trials.patch.edits import written
from backprobe.trials.patch.mirror import mirror
from backprobe.trials.patch.source import CannotPatch
from backprobe.trials.proof import Proof, Result

LIMIT_FACTOR, LIMIT_SECONDS = 20.0, 180.0
"""As for a trial: so many times the original's time, plus so much."""


@dataclass(frozen=True)
class Patch:
    """A diff of the user's source.

    Arguments:
        treatments: what it writes into the source.
        diff: unified, to be applied in the run's folder.
        outcome: what it was judged by.
        control: outcome of the script as it is, at its own seed.
        patched: outcome of the patched copy, run by plain Python.
        watched: whether the copy ran under the probe after all, as the script prints no outcome.
        passed: better treatments that are not in it, with the reason.
    """

    treatments: tuple[str, ...]
    diff: str
    outcome: Outcome
    control: float
    patched: float
    watched: bool = False
    passed: tuple[str, ...] = ()


def patch(proof: Proof, executor: Executor, environment: Mapping[str, str]) -> Patch:
    """The patch of the best treatment that maps to the source and holds there.

    Arguments:
        proof: that was made.
        executor: for a copy that only the probe can judge.
        environment: of a plain run.

    Raises:
        CannotPatch: no treatment that helps maps to the source, or none holds; the text says why.
    """
    helping = [one for one in proof.results if one.verdict.word == "helps"]
    if not helping:
        raise CannotPatch("nothing that was tried is shown to help")
    reasons = []
    for result in helping:
        try:
            made = _tried(proof, result, executor, environment)
        except CannotPatch as error:
            named = str(error).startswith(str(result.arm))
            reasons.append(str(error) if named else f"{result.arm}: {error}")
        else:
            return replace(made, passed=tuple(reasons))
    raise CannotPatch("; ".join(reasons))


def _tried(
    proof: Proof, result: Result, executor: Executor, environment: Mapping[str, str]
) -> Patch:
    run, verdict = proof.run, result.verdict
    assert verdict.outcome is not None
    folder, script = place(run)
    before = {path: read(folder / path) for path in _candidates(folder, script)}
    after = _edited(before, result.arm.treatments)
    changed = {path: text for path, text in after.items() if text != before[path]}
    if not changed:
        raise CannotPatch("it changes nothing in the source")
    diff = "".join(unified(path, before[path], text) for path, text in changed.items())
    control = verdict.control[0]
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        mirror(folder, copy, changed)
        limit = LIMIT_SECONDS + LIMIT_FACTOR * max((t.seconds for t in proof.control), default=0.0)
        values = _plain(run, folder, copy, environment, limit)
        if proof.steps is not None or proof.seeds[:1] != (0,):  # no trial was as a plain run is
            same = Path(scratch) / "as it is" / folder.name
            mirror(folder, same, {})
            values_before = _plain(run, folder, same, environment, limit)
            control = values_before.get(verdict.outcome, control)
        watched = verdict.outcome not in values
        if watched:
            values = _watched(run, folder, copy, executor)
    patched = values.get(verdict.outcome, math.nan)
    sign = 1.0 if verdict.outcome.higher else -1.0
    better = math.isfinite(patched) and (
        not math.isfinite(control) or sign * (patched - control) > 0
    )
    if not better:
        raise CannotPatch(
            f"its patch was tried and did not hold: {verdict.outcome.name} {patched:.4g}, "
            f"{control:.4g} as it is"
        )
    return Patch(result.arm.treatments, diff, verdict.outcome, control, patched, watched)


def place(run: Run) -> tuple[Path, Path]:
    """The folder that is copied, and the script's path within it.

    Raises:
        CannotPatch: the run's command names no script.
    """
    words = [word for word in run.command[1:] if word.endswith(".py")]
    if not words or run.command[1] != words[0]:
        raise CannotPatch("only runs of `python script.py …` are patched")
    cwd = Path(run.cwd)
    script = (cwd / words[0]).absolute()
    folder = cwd if script.is_relative_to(cwd) else script.parent
    return folder, script.relative_to(folder)


def read(path: Path) -> str:
    """A file's text with its own line ends."""
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def _candidates(folder: Path, script: Path) -> list[Path]:
    """The script, and the files beside it that it imports."""
    found = [script]
    for path in found:
        try:
            tree = ast.parse(read(folder / path))
        except (OSError, SyntaxError, ValueError) as error:
            raise CannotPatch(f"{path} can't be read: {error}") from error
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                inner = script.parent / Path(*name.split(".")).with_suffix(".py")
                if (folder / inner).is_file() and inner not in found:
                    found.append(inner)
    return found


def _edited(texts: Mapping[Path, str], treatments: Sequence[str]) -> dict[Path, str]:
    """Each treatment written into the first file that it maps to."""
    found = dict(texts)
    for treatment in treatments:
        reasons = []
        for path, text in found.items():
            try:
                found[path] = written(text, [treatment])
                break
            except CannotPatch as error:
                reasons.append(str(error))
        else:
            raise CannotPatch(reasons[0])
    return found


def _plain(
    run: Run, folder: Path, copy: Path, environment: Mapping[str, str], limit: float
) -> dict[Outcome, float]:
    """Outcomes that the patched copy prints, run by plain Python at its own seed.

    Raises:
        CannotPatch: it fails.
    """
    command, cwd = _moved(run, folder, copy)
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotPatch("its patch was tried and took too long") from error
    printed = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        last = printed.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise CannotPatch(f"its patch was tried and the script failed: {last[0][:200]}")
    return outcome.read(Record(run), printed)


def _watched(run: Run, folder: Path, copy: Path, executor: Executor) -> dict[Outcome, float]:
    """Outcomes of the copy as the probe sees them, without a treatment."""
    command, cwd = _moved(run, folder, copy)
    moved = Run(f"{run.id}", name=run.name, command=tuple(command), cwd=cwd, project=run.project)
    (trial,) = executor.run([Task(moved, Arm((), "patch"), 0, None, source=str(copy))])
    return dict(trial.values)


def _moved(run: Run, folder: Path, copy: Path) -> tuple[list[str], str]:
    """The run's command and folder, in the copy."""
    command = list(run.command)
    if Path(command[1]).is_absolute():
        command[1] = str(copy / Path(command[1]).relative_to(folder))
    inside = Path(run.cwd).is_relative_to(folder)
    return command, str(copy / Path(run.cwd).relative_to(folder)) if inside else run.cwd

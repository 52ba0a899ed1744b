# SPDX-License-Identifier: Apache-2.0
"""Going on with an earlier run: which one, from which step, with what summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backprobe.face import project
from backprobe.face.errors import UsageError
from backprobe.face.notices import Notices
from backprobe.face.read import Rows
from backprobe.face.settings import Settings
from backprobe.face.summary import Summary
from backprobe.records import Run
from backprobe.store import catalog


@dataclass(frozen=True)
class Earlier:
    """The part of a run that an earlier process wrote.

    Arguments:
        run: the run, None where a new one begins.
        step: the first step that is free.
        config: as it was left.
        summary: likewise, with the definitions of `define_metric`.
    """

    run: Run | None = None
    step: int = 0
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Summary | None = None


NOTHING = Earlier()


def find(directory: Path, settings: Settings, notices: Notices) -> Earlier:
    """The run to go on with, as `init(resume=…)` asks.

    Raises:
        UsageError: it must be there and is not, or must not and is.
    """
    how, wanted = settings.resume, settings.run_id
    if how is None:
        return NOTHING
    if how == "auto" and wanted is None:
        return _broken_off(directory, settings)
    if wanted is None:
        if how == "must":
            raise UsageError("init(resume='must') needs the id of the run to go on with")
        return NOTHING
    run = catalog.read(directory / wanted)
    if run is None:
        if how == "must":
            raise UsageError(
                f"init(id={wanted!r}, resume='must'): there is no such run in {directory}"
            )
        return NOTHING
    if how == "never":
        raise UsageError(
            f"init(id={wanted!r}, resume='never'): that run exists already; choose another id"
        )
    if run.state == "running":
        notices.warn(f"run {wanted} is still running (pid {run.pid}); both write into it now")
    return _read(run)


def free_id(directory: Path, settings: Settings, notices: Notices) -> str | None:
    """The id that was asked for, or with a number behind it where a run has it already."""
    wanted = settings.run_id
    if wanted is None or not (directory / wanted).exists():
        return wanted
    number = 2
    while (directory / f"{wanted}-{number}").exists():
        number += 1
    notices.warn(
        f"run {wanted} exists already; this one is {wanted}-{number} "
        "(resume='allow' goes on with the first)"
    )
    return f"{wanted}-{number}"


def _broken_off(directory: Path, settings: Settings) -> Earlier:
    """This project's last run of this script, where it did not come to its end."""
    name = settings.project or project.guess()
    file = str(project.script() or "")
    for run in catalog.runs(directory):
        if run.kind == "run" and run.project == name and _same_script(run, file):
            return NOTHING if run.state in ("finished", "running") else _read(run)
    return NOTHING


def _same_script(run: Run, file: str) -> bool:
    return any(str((Path(run.cwd) / part).resolve()) == file for part in run.command[1:2]) or any(
        str(Path(run.cwd) / part) == file for part in run.command
    )


def _read(run: Run) -> Earlier:
    rows = Rows(run)
    steps = [step for step, _, _ in rows.all()]
    summary = rows.replay()
    for clock in [key for key in summary if key.startswith("_")]:
        del summary[clock]
    return Earlier(run, max(steps, default=-1) + 1, rows.run.config, summary)

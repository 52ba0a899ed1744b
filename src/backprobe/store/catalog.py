# SPDX-License-Identifier: Apache-2.0
"""The runs in a folder: making one, finding them, and what state each is in."""

from __future__ import annotations

import json
import os
import secrets
import socket
import string
import time
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from backprobe.records import Run

ALPHABET = string.ascii_lowercase + string.digits
SILENT_SECONDS = 60.0
"""A run of another host whose logs did not move for so long is taken for crashed: its flusher
touches them every 10 s."""


class UnknownRun(LookupError):
    """No run, or more than one, answers to what was asked for; the text says which there are."""


def store_directory() -> Path:
    """`BACKPROBE_DIR`, or `.backprobe` in the working directory."""
    return Path(os.environ.get("BACKPROBE_DIR") or ".backprobe").absolute()


def new_id() -> str:
    """A fresh run id: 8 lower-case letters and digits, beginning with a letter."""
    return secrets.choice(ALPHABET[:26]) + "".join(secrets.choice(ALPHABET) for _ in range(7))


def create(directory: Path, **facts: Any) -> Run:
    """Makes a run's folder and `run.json`.

    Arguments:
        directory: the store, made where missing.
        facts: fields of `Run`.

    Raises:
        OSError: the folder can't be made.
    """
    facts.setdefault("id", new_id())
    path = directory / str(facts["id"])
    path.mkdir(parents=True, exist_ok=True)
    ignore = directory / ".gitignore"
    if not ignore.exists():
        ignore.write_text("# made by backprobe: runs are data, not source\n*\n")
    facts = {
        "created": time.time(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "cwd": os.getcwd(),
        **facts,
        "path": str(path),
    }
    facts["name"] = facts.get("name") or str(facts["id"])
    run = Run(**facts)
    write(run)
    return run


def write(run: Run) -> None:
    """Replaces the run's `run.json` in one atomic step."""
    data = {key: value for key, value in asdict(run).items() if key != "path"}
    target = Path(run.path) / "run.json"
    scratch = target.with_suffix(f".{os.getpid()}.tmp")
    scratch.write_text(json.dumps(data, indent=1, default=str))
    os.replace(scratch, target)


def close(run: Run, exit_code: int) -> Run:
    """Marks a run as ended, with the exit status of its script (negative: the signal)."""
    state = "finished" if exit_code == 0 else "killed" if exit_code < 0 else "failed"
    ended = replace(read(Path(run.path)) or run, state=state, exit_code=exit_code, ended=time.time())
    write(ended)
    return ended


def read(path: Path) -> Run | None:
    """The run in a folder, with its edits and its state as of now, or None if there is none."""
    data = _json(path / "run.json")
    if data is None:
        return None
    data.update(_json(path / "edits.json") or {})
    known = {field.name for field in fields(Run)}
    values = {key: _tuple(value) for key, value in data.items() if key in known}
    run = Run(**{**values, "id": data.get("id", path.name), "path": str(path)})
    if run.state == "running" and not _alive(run):
        return replace(run, state="crashed")
    return run


def edit(run: Run, **changes: Any) -> None:
    """Stores what a person changed of a run (`name`, `tags`, `notes`), apart from what it wrote."""
    target = Path(run.path) / "edits.json"
    data = {**(_json(target) or {}), **changes}
    scratch = target.with_suffix(f".{os.getpid()}.tmp")
    scratch.write_text(json.dumps(data))
    os.replace(scratch, target)


def runs(directory: Path) -> list[Run]:
    """All runs of a store, newest first; an empty list where there is no store."""
    if not directory.is_dir():
        return []
    found = [run for entry in directory.iterdir() if (run := read(entry)) is not None]
    return sorted(found, key=lambda run: run.created, reverse=True)


def find(directory: Path, wanted: str = "latest") -> Run:
    """The run that an id, a unique prefix of one, a name, or `latest` names.

    `latest` is the newest run that is no trial; of several runs of one name the newest is meant.

    Raises:
        UnknownRun: there is none, or a prefix fits several.
    """
    candidates = runs(directory)
    if wanted == "latest":
        for run in candidates:
            if run.kind != "trial":
                return run
        raise UnknownRun(
            f"there is no run in {directory} yet; `backprobe run train.py` makes one "
            "(set BACKPROBE_DIR if your runs are elsewhere)"
        )
    exact = [run for run in candidates if run.id == wanted]
    exact = exact or [run for run in candidates if run.name == wanted]
    if exact:
        return exact[0]
    prefixed = [run for run in candidates if run.id.startswith(wanted)] if wanted else []
    if len(prefixed) == 1:
        return prefixed[0]
    if prefixed:
        raise UnknownRun(
            f"{wanted!r} fits {len(prefixed)} runs: "
            + ", ".join(f"{run.id} ({run.name})" for run in prefixed[:5])
            + "; give more letters of the id"
        )
    known = ", ".join(f"{run.id} ({run.name})" for run in candidates[:5]) or "none"
    raise UnknownRun(
        f"no run {wanted!r} in {directory}; expected an id, a unique prefix of one, a name or "
        f"`latest`. The newest: {known}. `backprobe runs` lists all"
    )


def _alive(run: Run) -> bool:
    if run.host == socket.gethostname():
        try:
            os.kill(run.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True
    newest = max((log.stat().st_mtime for log in Path(run.path).glob("*.log")), default=run.created)
    return time.time() - newest < SILENT_SECONDS


def _json(path: Path) -> dict[str, Any] | None:
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None


def _tuple(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuple(item) for item in value)
    return dict(value) if isinstance(value, Mapping) else value

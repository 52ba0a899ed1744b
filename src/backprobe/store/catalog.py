# SPDX-License-Identifier: Apache-2.0
"""The runs in a folder: making one, finding them, and what state each is in."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import string
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from backprobe import settings
from backprobe.records import Run

ALPHABET = string.ascii_lowercase + string.digits
SILENT_SECONDS = 60.0
"""A run of another host whose logs did not move for so long is taken for crashed: its flusher
touches them every 10 s."""
CLOCK_SECONDS = 2.0
"""Process start times are known to a clock tick; file times to what the file system keeps."""
TUPLES = ("command", "tags", "ignore")
"""Fields of `Run` that JSON holds as lists."""
NUMBERS = ("created", "ended", "exit_code", "pid")
"""Fields of `Run` that are numbers."""
MERGED = ("config", "summary", "environment")
"""Fields of `Run` of which a later file adds keys instead of replacing the whole."""


class UnknownRun(LookupError):  # noqa: N818 - it is an answer to the user more than a fault
    """No run, or more than one, answers to what was asked for; the text says which there are."""


def store_directory() -> Path:
    """`BACKPROBE_DIR`, or `.backprobe` in the working directory."""
    return Path(os.environ.get(settings.DIRECTORY) or ".backprobe").absolute()


def new_id() -> str:
    """A fresh run id: 8 lower-case letters and digits, beginning with a letter."""
    return secrets.choice(ALPHABET[:26]) + "".join(secrets.choice(ALPHABET) for _ in range(7))


def create(directory: Path, **facts: Any) -> Run:
    """Makes a run's folder and `run.json`.

    Arguments:
        directory: the store, made where missing.
        facts: fields of `Run`.

    Raises:
        FileExistsError: there is a run of the id that was asked for.
        OSError: the folder can't be made.
    """
    facts.setdefault("id", new_id())
    path = directory / str(facts["id"])
    prepare(directory)
    path.mkdir()
    try:
        return _begun(path, facts)
    except OSError:  # a full disk: no half-made run stays behind
        shutil.rmtree(path, ignore_errors=True)
        raise


def prepare(directory: Path) -> None:
    """Makes the store where it is missing; its runs are kept out of version control.

    Raises:
        OSError: the folder can't be made.
    """
    directory.mkdir(parents=True, exist_ok=True)
    ignore = directory / ".gitignore"
    if not ignore.exists():
        ignore.write_text("# made by backprobe: runs are data, not source\n*\n")


def _begun(path: Path, facts: dict[str, Any]) -> Run:
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
    _replace(Path(run.path) / "run.json", data)


def close(run: Run, exit_code: int) -> Run:
    """Marks a run as ended, with the exit status of its script (negative: the signal)."""
    state = "finished" if exit_code == 0 else "killed" if exit_code < 0 else "failed"
    path = Path(run.path)
    begun = _built(path, _json(f"{path}/run.json") or {}) or run
    write(replace(begun, state=state, exit_code=exit_code, ended=time.time()))
    return read(path) or run


def reopen(run: Run) -> Run:
    """Marks a run that ended as running again, in this process."""
    path = Path(run.path)
    begun = _built(path, _json(f"{path}/run.json") or {}) or run
    now_here = {"host": socket.gethostname(), "pid": os.getpid()}
    write(replace(begun, state="running", exit_code=None, ended=None, **now_here))  # type: ignore[arg-type]
    return read(path) or run


def read(path: Path) -> Run | None:
    """The run in a folder, with its state as of now, or None if there is none.

    What the script set of it (`script.json`) overrules how it was begun (`run.json`), and what a
    person changed later (`edits.json`) overrules both.
    """
    data = _json(f"{path}/run.json")
    if data is None:
        return None
    for later in (_json(f"{path}/script.json"), _json(f"{path}/edits.json")):
        for key, value in (later or {}).items():
            mergeable = key in MERGED and isinstance(value, dict)
            data[key] = {**(data.get(key) or {}), **value} if mergeable else value
    run = _built(path, data)
    if run is not None and run.state == "running" and not _alive(run):
        return replace(run, state="crashed")
    return run


def amend(run: Run, **changes: Any) -> None:
    """Stores what the script set of its run (`name`, `tags`, `config` …), apart from how it began.

    Raises:
        OSError: it can't be written.
    """
    _merge(Path(run.path) / "script.json", changes)


def edit(run: Run, **changes: Any) -> None:
    """Stores what a person changed of a run (`name`, `tags` …), apart from what it wrote.

    Of its config and summary the keys that are given change, the others stay.

    Raises:
        OSError: it can't be written.
    """
    target, before = Path(run.path) / "edits.json", edits(run)
    for key in MERGED:
        if key in changes and isinstance(before.get(key), dict):
            changes[key] = {**before[key], **changes[key]}
    _merge(target, changes)


def edits(run: Run) -> dict[str, Any]:
    """What `edit` stored of a run."""
    return _json(f"{run.path}/edits.json") or {}


def delete(run: Run) -> None:
    """Removes a run's folder and all that is in it.

    Raises:
        OSError: it can't be removed, or it isn't the folder of a run.
    """
    path = Path(run.path)
    if not (path / "run.json").is_file():
        raise FileNotFoundError(f"{path} holds no run")
    shutil.rmtree(path)


def runs(directory: Path) -> list[Run]:
    """All runs of a store, newest first; an empty list where there is no store."""
    if not directory.is_dir():
        return []
    with os.scandir(directory) as entries:
        folders = [Path(entry.path) for entry in entries if entry.is_dir()]
    found = [run for folder in folders if (run := read(folder)) is not None]
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
    if run.host != socket.gethostname():
        return not _silent(run)
    if run.pid <= 0:  # not known, and to the system a group of processes
        return not _silent(run)
    try:
        os.kill(run.pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return not _zombie_or_other(run)


def _silent(run: Run) -> bool:
    logs = Path(run.path).glob("*.log")
    newest = max((moved for log in logs if (moved := _moved(log))), default=run.created)
    return time.time() - newest > SILENT_SECONDS


def _zombie_or_other(run: Run) -> bool:
    """Whether the process of that id has ended unread, or is a later one with the same id."""
    try:
        import psutil  # here: a script's own environment may lack it
    except ImportError:
        return False
    try:
        process = psutil.Process(run.pid)
        began = float(process.create_time())
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
    except psutil.Error:
        return False
    begun_later = began > (_moved(Path(run.path) / "run.json") or began) + CLOCK_SECONDS
    return begun_later and _silent(run)  # both: a clock that was set makes the times lie


def _moved(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _json(path: str) -> dict[str, Any] | None:
    try:
        with open(path, "rb", buffering=0) as file:  # a list of runs opens thousands of them
            data = json.loads(file.readall())
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _built(path: Path, data: Mapping[str, Any]) -> Run | None:
    """The run that the data describe; a value of a type that its field can't have is left out."""
    if not data:
        return None
    values = {
        name: value
        for name in _FIELDS
        if name in data and (value := _fitting(name, data[name])) is not None
    }
    return Run(**{"id": path.name, **values, "path": str(path)})


_FIELDS = tuple(field.name for field in fields(Run))


def _fitting(name: str, value: Any) -> Any:
    """The value as its field of `Run` holds it, None where it can't."""
    if name in TUPLES:
        return tuple(map(str, value)) if isinstance(value, (list, tuple)) else None
    if name in MERGED:
        return value if isinstance(value, dict) else None
    if name in NUMBERS:
        fits = type(value) in (int, float) and abs(value) < 2**53
        return (int(value) if name in ("pid", "exit_code") else value) if fits else None
    return value if isinstance(value, str) else None


def _merge(target: Path, changes: Mapping[str, Any]) -> None:
    _replace(target, {**(_json(str(target)) or {}), **changes})


def _replace(target: Path, data: Mapping[str, Any]) -> None:
    """Writes JSON so that a reader sees the old file or the new one, whole."""
    scratch = target.with_suffix(f".{os.getpid()}-{threading.get_native_id()}.tmp")
    try:
        scratch.write_text(json.dumps(data, indent=1, default=str))
        os.replace(scratch, target)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise

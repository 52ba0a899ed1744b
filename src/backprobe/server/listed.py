# SPDX-License-Identifier: Apache-2.0
"""The rows of runs that are at rest, kept in one file of the store: a server that starts reads it.

It is a cache, `.rows.json`. A row counts only while every file that it came from is as it was, and
for the same rules; any other is worked out anew. Several servers may write it: the last one's
stays, whole. A store that can't be written to keeps none.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

import msgspec

from backprobe import settings
from backprobe.server import kept
from backprobe.store.reader import LOG_NAME

NAME = ".rows.json"
MOST_BYTES = 256 << 20
Number = float | int | str
"""A number, or what it is in the terms of JSON: "NaN"."""


class Summary(msgspec.Struct):
    """What the row says of a diagnosis."""

    loss: Number | None
    steps: int
    errors: int
    warnings: int
    notes: int
    top: str
    rules: list[str]
    error: str


class Columns(msgspec.Struct):
    """A row as it goes over the wire. Typed, so that no file can put anything else there."""

    id: str
    name: str
    project: str
    kind: str
    state: str
    created: Number
    ended: Number | None
    tags: list[str]
    group: str
    job_type: str
    notes: str
    exit_code: int | None
    host: str
    command: str
    colour: str
    config: dict[str, bool | Number | None]
    metrics: dict[str, Number]
    answer: str
    summary: Summary


class Listed(msgspec.Struct):
    """One run's row, and what it came from.

    Arguments:
        folder: when something was last put in the run's folder or replaced there, in nanoseconds.
        stamp: when each of the files of its head was last replaced.
        logs: the bytes of each of its logs.
        of: the run that it is a trial of, "" for none.
        columns: the row.
    """

    folder: int
    stamp: tuple[int, ...]
    logs: dict[str, int]
    of: str
    columns: Columns


class _Kept(msgspec.Struct):
    key: str
    rows: dict[str, Listed]


def load(directory: Path) -> Mapping[str, Listed]:
    """The rows that were kept, by folder; none where they are of other rules, or not readable."""
    path = directory / NAME
    try:
        if path.stat().st_size > MOST_BYTES:
            return {}
        found = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, ValueError, RecursionError):
        return {}
    return found.rows if found.key == _key() else {}


def save(directory: Path, rows: Mapping[str, Listed]) -> None:
    """Keeps rows in place of those that were kept."""
    path = directory / NAME
    scratch = path.with_suffix(f".{os.getpid()}-{threading.get_native_id()}.tmp")
    try:
        scratch.write_bytes(msgspec.json.encode(_Kept(_key(), dict(rows))))
        scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)


def holds(row: Listed, folder: str, moved: int, stamp: tuple[int, ...]) -> bool:
    """Whether all that the row came from is as it was.

    Arguments:
        row: as it was kept.
        folder: of the run.
        moved: when something was last put in the folder, in nanoseconds.
        stamp: when each of the files of its head was last replaced.
    """
    # A log that came later would have moved the folder.
    return (
        (row.folder, row.stamp) == (moved, stamp)
        and row.columns.id == os.path.basename(folder)
        and all(
            LOG_NAME.fullmatch(name) is not None and _bytes(f"{folder}/{name}") == size
            for name, size in row.logs.items()
        )
    )


def listed(
    folder: str, moved: int, stamp: tuple[int, ...], of: str, length: int, row: msgspec.Raw
) -> Listed | None:
    """A row to keep; None where it is no row of a run at rest, or its logs moved on.

    Arguments:
        folder: of the run.
        moved, stamp, of: as in `Listed`.
        length: bytes of the logs that the row tells of.
        row: JSON.
    """
    try:
        columns = msgspec.json.decode(row, type=Columns)
        with os.scandir(folder) as entries:
            logs = {e.name: e.stat().st_size for e in entries if LOG_NAME.fullmatch(e.name)}
    except (OSError, ValueError):
        return None
    if sum(logs.values()) != length:
        return None
    return Listed(moved, stamp, logs, of, columns)


def _key() -> str:
    return " ".join([kept.rules_version(), *sorted(settings.ignored_rules())])


def _bytes(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return -1

# SPDX-License-Identifier: Apache-2.0
"""Runs from the `.wandb` files that W&B keeps of offline and synced runs.

Sources: the framing is LevelDB's log (`doc/log_format.md` there) behind a header of seven bytes;
fields as in wandb 0.31's `wandb_internal.proto`, which is internal to W&B and may change: numbers
that are not known are passed over.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backprobe.store.imports import protobuf as pb
from backprobe.store.imports.imported import Histogram, Imported, NotReadable, Row

HEADER = b":W&B"
HEADER_BYTES = 7
BLOCK = 1 << 15
"""Bytes of a block, of which the file's header is a part of the first."""
CHUNK = struct.Struct("<IHB")
"""CRC-32 of type and data, length, type."""
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
CLOCKS = ("_step", "_timestamp", "_runtime", "_wandb")
HISTORY, SUMMARY, CONFIG, RUN, EXIT, OUTPUT = 2, 3, 5, 17, 18, 4
"""Fields of `Record`."""
OUTPUT_RAW = 13


def holds(path: Path) -> bool:
    """Whether a path is such a file, or a folder with one somewhere below."""
    return next(_files(path), None) is not None


def read(path: Path) -> list[Imported]:
    """The runs of a file, or of all files below a folder.

    Raises:
        OSError: a file can't be opened.
    """
    return [_run(file) for file in _files(path)]


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        if path.suffix == ".wandb":
            yield path
        return
    yield from sorted(found for found in path.rglob("*.wandb") if found.is_file())


@dataclass
class _Parts:
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    histograms: list[Histogram] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    exit_code: int | None = None


def _run(file: Path) -> Imported:
    data = file.read_bytes()
    if data[:4] != HEADER:
        raise NotReadable(f"{file}: expected a W&B run file, which begins with {HEADER!r}")
    damage: list[str] = []
    parts = _Parts()
    bad = 0
    for record in _records(data, file.name, damage):
        try:
            _record(record, parts)
        except (ValueError, struct.error, TypeError, AttributeError, RecursionError):
            bad += 1
    if bad:
        damage.append(f"{file.name}: {bad} records make no sense")
    facts = parts.facts
    times = [row[1] for row in parts.rows if row[1]]
    identity = facts.get("id") or file.stem.removeprefix("run-")
    status = parts.exit_code
    return Imported(
        tracker="W&B",
        origin=str(file.absolute()),
        key=f"wandb:{identity}",
        name=facts.get("name") or identity,
        project=facts.get("project", ""),
        group=facts.get("group", ""),
        job_type=facts.get("job_type", ""),
        notes=facts.get("notes", ""),
        tags=tuple(facts.get("tags", ())),
        config={key: value for key, value in parts.config.items() if key not in CLOCKS},
        summary={
            name: value
            for key, item in parts.summary.items()
            if key not in CLOCKS and not _is_histogram(item)
            for name, value in _flat(key, item)
        },
        environment={"host": facts["host"]} if facts.get("host") else {},
        created=facts.get("created") or min(times, default=None),
        ended=max(times, default=None),
        state="crashed" if status is None else "finished" if status == 0 else "failed",
        rows=tuple(sorted(parts.rows, key=lambda row: row[0])),
        histograms=tuple(parts.histograms),
        lines=tuple(parts.lines),
        damage=tuple(damage),
    )


def _records(data: bytes, name: str, damage: list[str]) -> Iterator[bytes]:
    """The records of a file; a damaged block costs the records in it only."""
    position, end = HEADER_BYTES, len(data)
    pending: list[bytes] = []
    while position < end:
        left = BLOCK - position % BLOCK
        if left < CHUNK.size:  # the rest of a block that no chunk fits in
            position += left
            continue
        if position + CHUNK.size > end:
            damage.append(f"{name}: the last record is cut short")
            return
        crc, length, kind = CHUNK.unpack_from(data, position)
        body = data[position + CHUNK.size : position + CHUNK.size + length]
        if kind == 0 and length == 0 and crc == 0:  # zeros: nothing was written here
            position += left
            continue
        if len(body) < length and position + left >= end:
            damage.append(f"{name}: the last record is cut short")
            return
        if CHUNK.size + length > left or zlib.crc32(body, zlib.crc32(bytes([kind]))) != crc:
            damage.append(f"{name}: a record near byte {position} is damaged")
            position, pending = position + left, []
            continue
        position += CHUNK.size + length
        if kind in (FULL, FIRST):
            pending = []
        pending.append(body)
        if kind in (FULL, LAST):
            yield b"".join(pending)
            pending = []


def _record(data: bytes, parts: _Parts) -> None:
    for number, kind, value in pb.fields(data):
        if kind != pb.BYTES:
            continue
        if number == HISTORY:
            _history(value, parts)
        elif number == SUMMARY:
            parts.summary.update(_items(value, 1))
        elif number == CONFIG:
            parts.config.update(_items(value, 1))
        elif number == RUN:
            _facts(value, parts)
        elif number == EXIT:
            parts.exit_code = next(
                (pb.signed(v) for n, w, v in pb.fields(value) if (n, w) == (1, pb.VARINT)), 0
            )
        elif number in (OUTPUT, OUTPUT_RAW):
            parts.lines += [pb.text(v) for n, w, v in pb.fields(value) if (n, w) == (3, pb.BYTES)]


def _facts(data: bytes, parts: _Parts) -> None:
    """Takes what a run record says of the run; it comes again when the run is changed."""
    names = {1: "id", 3: "project", 6: "group", 7: "job_type", 8: "name", 9: "notes", 13: "host"}
    tags = []
    for number, kind, value in pb.fields(data):
        if kind != pb.BYTES:
            continue
        if number in names:
            parts.facts[names[number]] = pb.text(value)
        elif number == 10:
            tags.append(pb.text(value))
        elif number == 4:
            parts.config.update(_items(value, 1))
        elif number == 17:
            seconds = [v for n, w, v in pb.fields(value) if (n, w) == (1, pb.VARINT)]
            parts.facts["created"] = float(seconds[0]) if seconds else None
    if tags:
        parts.facts["tags"] = tags


def _history(data: bytes, parts: _Parts) -> None:
    values = _items(data, 1)
    step = values.get("_step")
    if not isinstance(step, int) or isinstance(step, bool):
        told = pb.of_type(data, step=(2, pb.BYTES))["step"]
        numbers = [v for s in told for n, w, v in pb.fields(s) if (n, w) == (1, pb.VARINT)]
        step = pb.signed(numbers[-1]) if numbers else len(parts.rows)
    now = values.get("_timestamp")
    kept: dict[str, Any] = {}
    for key, value in values.items():
        if key in CLOCKS:
            continue
        histogram = _histogram(value, step, key)
        if histogram is not None:
            parts.histograms.append(histogram)
        else:
            kept.update(_flat(key, value))
    if kept:
        parts.rows.append((step, float(now) if isinstance(now, (int, float)) else 0.0, kept))


def _items(data: bytes, number: int) -> dict[str, Any]:
    """Key → value of a list of items, whose values are JSON texts; nested keys are nested dicts."""
    found: dict[str, Any] = {}
    for place, kind, value in pb.fields(data):
        if place != number or kind != pb.BYTES:
            continue
        parts = pb.of_type(value, key=(1, pb.BYTES), nested=(2, pb.BYTES), json=(16, pb.BYTES))
        names = [pb.text(name) for name in parts["nested"] or parts["key"][-1:]]
        if not names or not parts["json"]:
            continue
        inner = found
        for name in names[:-1]:
            if not isinstance(inner.get(name), dict):
                inner[name] = {}
            inner = inner[name]
        inner[names[-1]] = json.loads(parts["json"][-1])
    return found


def _flat(key: str, value: Any) -> Iterable[tuple[str, Any]]:
    """A value as its dotted names: W&B keeps nested dicts of numbers whole."""
    if isinstance(value, dict) and "_type" not in value:
        for name, item in value.items():
            yield from _flat(f"{key}.{name}", item)
    else:
        yield key, _number(value)


def _number(value: Any) -> Any:
    """W&B writes numbers that JSON lacks as texts."""
    return {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.get(
        value if isinstance(value, str) else "", value
    )


def _is_histogram(value: Any) -> bool:
    return isinstance(value, dict) and value.get("_type") == "histogram"


def _histogram(value: Any, step: int, key: str) -> Histogram | None:
    if not _is_histogram(value):
        return None
    counts = np.asarray(value.get("values", ()), np.float64)
    packed = value.get("packedBins")
    if isinstance(packed, dict):
        low, size = float(packed["min"]), float(packed["size"])
        edges = low + size * np.arange(int(packed["count"]) + 1)
    else:
        edges = np.asarray(value.get("bins", ()), np.float64)
    if edges.shape != (counts.size + 1,):
        raise ValueError("a histogram whose bins do not fit its values")
    return Histogram(step, key, edges, counts)

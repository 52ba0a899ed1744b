# SPDX-License-Identifier: Apache-2.0
"""The columns of a long log, kept beside it, so that the next reader takes only those it wants.

`rank0-p1.columns` is a cache of `rank0-p1.log` up to some byte. Columns of large blocks are not
copied: it says where in the log they lie. It counts only while the log begins and ends, up to that
byte, as it did, and a log of that very length was not written since. Each column has a checksum;
one that does not match is read from the whole log. The bytes are specified in
`docs/reference/record.md`.
"""

from __future__ import annotations

import json
import os
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from backprobe.records import Series
from backprobe.store.assemble import APART, MATRICES, TABLES, Assembler, State
from backprobe.store.frames import Frame, decode
from backprobe.store.stored import (
    Array,
    Columns,
    Damaged,
    Numbers,
    Pieces,
    Stored,
    content_of,
    filled,
    stale,
    total,
)
from backprobe.store.straight import Straight

MAGIC = b"BPC1"
HEAD = struct.Struct("<4sII")
"""Magic, length of the header, CRC-32 of the header."""
STREAMS = [*TABLES, *MATRICES, *APART]
"""What a cache holds; one of a program that knew others does not count."""
LEAST_BYTES = 4 << 20
"""A shorter log is read as quickly."""
END_BYTES = 4096
"""So much of either end of the log is compared."""


@dataclass(frozen=True)
class Kept:
    """What was read of a log up to some byte.

    Arguments:
        offset, sequence, damage: as `LogReader` has them there.
        assembled: what was made of it.
    """

    offset: int
    sequence: int
    damage: list[str]
    assembled: Assembler


def save(log: Path, kept: Kept) -> None:
    """Keeps the columns of a log; a store that can't be written to keeps none."""
    stale.discard(log)
    target = log.with_suffix(".columns")
    scratch = target.with_suffix(f".{os.getpid()}-{threading.get_native_id()}.tmp")
    try:
        with open(log, "rb", buffering=0) as file:
            identity = _identity(file, kept.offset)
        arrays, facts = _laid_out(kept)
        text = json.dumps({**facts, **identity}, separators=(",", ":")).encode()
        text += b" " * (-(HEAD.size + len(text)) % 8)
        with open(scratch, "wb") as out:
            out.write(HEAD.pack(MAGIC, len(text), zlib.crc32(text)) + text)
            for values in arrays:
                out.write(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
                out.write(b"\0" * (-values.nbytes % 8))
            out.flush()
            os.fsync(out.fileno())  # else a power cut may leave a whole file of nothing
        os.replace(scratch, target)
    except OSError:
        scratch.unlink(missing_ok=True)


def load(log: Path, again: Callable[[int], State], lazily: bool) -> Kept | None:
    """What was kept of a log; None where nothing is, or it does not count.

    Arguments:
        log: its path.
        again: reads the log up to a byte.
        lazily: whether columns are read when they are first asked for, which may raise `Stale`.
    """
    path = log.with_suffix(".columns")
    if log in stale:
        return None
    try:
        with open(path, "rb", buffering=0) as file:
            magic, length, crc = HEAD.unpack(file.read(HEAD.size))
            text = file.read(length)
        if magic != MAGIC or len(text) != length or zlib.crc32(text) != crc:
            return None
        facts = json.loads(text)
        offset = int(facts["offset"])
        with open(log, "rb", buffering=0) as file:
            if facts["streams"] != STREAMS or not _same(file, facts, offset):
                return None
            apart = list(_frames(file, facts["apart"]))
        state = _state(path, log, facts, HEAD.size + length, _once(lambda: again(offset)))
        if not lazily:
            for columns in (*state.tables.values(), *(s.values for s in state.matrices.values())):
                dict(columns)
            dict(state.numbers)
            dict(state.clock)
        assembled = Assembler.of(state, apart)
        return Kept(offset, int(facts["sequence"]), list(map(str, facts["damage"])), assembled)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
    except (struct.error, RecursionError, OverflowError, MemoryError):
        return None


class _Layout:
    """Where arrays will lie behind the header, one after the other."""

    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._at = 0

    def put(self, values: Array) -> list[Any]:
        """Dtype, shape, checksum, what it holds, and where it lies."""
        fact = [*_about(values), self._at]
        self.arrays.append(values)
        self._at += values.nbytes + -values.nbytes % 8
        return fact


def _laid_out(kept: Kept) -> tuple[list[Array], dict[str, Any]]:
    """The arrays of a cache, and what its header says."""
    layout, state = _Layout(), kept.assembled.state()
    columns: dict[str, dict[str, Array]] = {name: dict(of) for name, of in state.tables.items()}
    for name, series in state.matrices.items():
        columns[name] = {"step": series.step, "index": series.index, **series.values}
    facts = {
        "streams": STREAMS,
        "offset": kept.offset,
        "sequence": kept.sequence,
        "damage": kept.damage,
        "columns": {
            name: _stream(layout, of, kept.assembled.straight[name]) for name, of in columns.items()
        },
        "numbers": {key: list(map(layout.put, state.numbers[key])) for key in state.numbers},
        "clock": {name: layout.put(state.clock[name]) for name in state.clock},
        "told": list(state.told.items()),
        "open": state.open,
        "frames": state.frames,
        "misread": state.misread,
        "apart": state.apart,
    }
    return layout.arrays, facts


def _stream(layout: _Layout, columns: Mapping[str, Array], straight: Straight) -> dict[str, Any]:
    """Its columns: copied, or where their blocks lie in the log."""
    rows = [(name, dtype) for name, dtype, _ in straight.layout]
    if not (straight.holds and rows == [(name, a.dtype.str) for name, a in columns.items()]):
        return {"copied": {name: layout.put(values) for name, values in columns.items()}}
    return {
        "blocks": [
            layout.put(np.array(found, np.int64)) for found in (straight.bodies, straight.counts)
        ],
        "index": layout.put(columns["index"]) if straight.matrix else None,
        "lying": [[name, *_about(values)] for name, values in columns.items()],
    }


def _about(values: Array) -> list[Any]:
    return [values.dtype.str, list(values.shape), total(values), content_of(values)]


def _state(
    path: Path, log: Path, facts: Mapping[str, Any], data: int, again: Callable[[], State]
) -> State:
    """What the header says was assembled."""

    def stored(fact: list[Any]) -> Stored:
        dtype, shape, checksum, holds, at = fact
        kind = _dtype(dtype)
        count = int(np.prod(shape, dtype=object)) * kind.itemsize
        pieces = [(data + at, count)]
        return Stored(path, kind, tuple(shape), checksum, lambda: iter(pieces), holds)

    def stream(name: str, anew: Callable[[str], Array]) -> Columns:
        found = facts["columns"][name]
        if "copied" in found:
            return Columns({key: stored(one) for key, one in found["copied"].items()}, anew)
        bodies, counts = (stored(one).load() for one in found["blocks"])
        index = stored(found["index"]).load().nbytes if found["index"] else 0
        lying: dict[str, Stored] = {}
        before: list[tuple[str, int]] = []
        for key, dtype, shape, checksum, holds in found["lying"]:
            kind = _dtype(dtype)
            width = kind.itemsize * int(np.prod(shape[1:], dtype=object))
            pieces = _pieces(bodies, counts, tuple(before), (key, width), index)
            lying[key] = Stored(log, kind, tuple(shape), checksum, pieces, holds)
            before.append((key, width))
        return Columns(lying, anew)

    def series(name: str) -> Series:
        def anew(key: str) -> Array:
            found = again().matrices[name]
            return {"step": found.step, "index": found.index}.get(key, found.values.get(key))  # type: ignore[return-value]

        columns = stream(name, anew)
        signals = [key for key in columns if key not in ("step", "index")]
        step, index = columns["step"], columns["index"]
        shape = (len(step), len(index))
        if any(columns.shape(key) != shape for key in signals):
            raise Damaged("a signal is not of shape [steps, tensors]")
        return Series(step, index, columns.only(signals))

    def table(name: str) -> Columns:
        columns = stream(name, lambda key: again().tables[name][key])
        if len({columns.shape(key) for key in columns}) > 1:
            raise Damaged("columns of unequal length")
        return columns

    def number(key: str) -> Array:
        which, _, name = key.partition("/")
        return again().numbers[name][int(which)]

    numbers = {
        f"{which}/{key}": stored(fact)
        for key, facts_ in facts["numbers"].items()
        for which, fact in enumerate(facts_)
    }
    clock = Columns(
        {name: stored(facts["clock"][name]) for name in ("step", "time")},
        lambda name: again().clock[name],
    )
    return State(
        {name: table(name) for name in TABLES},
        {name: series(name) for name in MATRICES},
        Numbers(list(facts["numbers"]), Columns(numbers, number)),
        clock,
        {int(place): dict(values) for place, values in facts["told"]},
        (int(facts["open"][0]), int(facts["open"][1]), dict(facts["open"][2])),
        int(facts["frames"]),
        tuple(map(str, facts["misread"])),
        tuple((int(start), int(end)) for start, end in facts["apart"]),
    )


def _pieces(
    bodies: Array, counts: Array, before: tuple[tuple[str, int], ...], own: tuple[str, int],
    index: int,
) -> Pieces:  # fmt: skip
    """Where a column lies in each block, behind the columns before it.

    Arguments:
        bodies, counts: where each block begins, and its rows.
        before: names and bytes a row of the columns before it; `index` is once in a block.
        own: its own.
        index: bytes of the index.
    """
    width = sum(size for name, size in before if name != "index")
    fixed = index * any(name == "index" for name, _ in before)

    def pieces() -> Iterator[tuple[int, int]]:
        if own[0] == "index":
            yield int(bodies[0]) + int(counts[0]) * width, index
            return
        for body, rows in zip(bodies.tolist(), counts.tolist(), strict=True):
            yield body + rows * width + fixed, rows * own[1]

    return pieces


def _identity(file: FileIO, offset: int) -> dict[str, Any]:
    """What tells the log, up to that byte, from others."""
    return {"written": os.fstat(file.fileno()).st_mtime_ns, "ends": _ends(file, offset)}


def _same(file: FileIO, facts: Mapping[str, Any], offset: int) -> bool:
    status = os.fstat(file.fileno())
    if status.st_size < offset or offset <= 0:
        return False
    untouched = status.st_size > offset or status.st_mtime_ns == facts["written"]
    return bool(untouched and _ends(file, offset) == facts["ends"])


def _ends(file: FileIO, offset: int) -> int:
    """Checksum of the first and the last bytes before that one."""
    file.seek(0)
    first = file.read(min(END_BYTES, offset))
    file.seek(max(0, offset - END_BYTES))
    return zlib.crc32(file.read(min(END_BYTES, offset)), zlib.crc32(first))


def _frames(file: FileIO, stretches: list[list[int]]) -> Iterator[Frame]:
    """The frames in stretches of the log.

    Raises:
        Damaged: a stretch is not whole.
    """
    for start, end in stretches:
        file.seek(start)
        data = bytearray(max(0, end - start))
        filled(file, memoryview(data))
        frames, damage, used = decode(data)
        if damage or used != len(data):
            raise Damaged("the log is not what it was")
        yield from frames


def _dtype(text: Any) -> np.dtype[Any]:
    found = np.dtype(str(text))
    if found.kind not in "biuf":
        raise ValueError(f"a column of {text!r}")
    return found


def _once(work: Callable[[], State]) -> Callable[[], State]:
    """The work, done when it is first asked for."""
    done: list[State] = []

    def found() -> State:
        if not done:
            done.append(work())
        return done[0]

    return found

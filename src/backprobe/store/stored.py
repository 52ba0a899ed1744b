# SPDX-License-Identifier: Apache-2.0
"""Columns that lie on the disk: each is read, and checked, when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.store.growing import room

NEWEST = 64
NOTHING, NONFINITE, FINITE = 0, 1, 2
"""What a column holds: NaN only; infinities too; some number."""
Pieces = Callable[[], Iterator[tuple[int, int]]]
Array = NDArray[Any]


class Damaged(ValueError):  # noqa: N818 - of a file, like `frames.Damage`
    """A cache, or a column of it, that is not what was written."""


@dataclass(frozen=True)
class Stored:
    """One column on the disk.

    Arguments:
        path: of the file that holds it: the cache, or the log.
        dtype: of its numbers.
        shape: of it.
        total: its checksum.
        pieces: where in the file it lies: offset and bytes of each piece.
        content: as `content` tells it.
    """

    path: Path
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    total: int
    pieces: Pieces
    content: int = 0

    def load(self) -> Array:
        """The column.

        Raises:
            Damaged: it is not what was written.
            OSError: it can't be read.
        """
        found = room(self.shape, self.dtype)
        if not found.size:
            return found
        view, at = found.reshape(-1).view(np.uint8).data, 0
        with open(self.path, "rb", buffering=0) as file:
            for offset, count in self.pieces():
                file.seek(offset)
                at += filled(file, view[at : at + count])
        if at != len(view) or total(found) != self.total:
            raise Damaged(f"{self.path}: a column is not what was written")
        return found


class Stale(OSError):  # noqa: N818 - of a reader, not a fault
    """A column is neither what was kept nor what the log holds now: read the log anew."""


stale: set[Path] = set()
"""Logs whose kept columns turned out to be of no use in this process."""


class Columns(Mapping[str, Array]):
    """Columns by name, each read when it is first asked for; raises `Stale` then.

    Arguments:
        stored: where they lie.
        anew: reads a column from the whole log, for where the cache is damaged.
    """

    def __init__(self, stored: Mapping[str, Stored], anew: Callable[[str], Array]) -> None:
        self._stored = stored
        self._anew = anew
        self._loaded: dict[str, Array] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Array:
        stored = self._stored[name]
        with self._lock:
            found = self._loaded.get(name)
            if found is None:
                try:
                    found = stored.load()
                except (OSError, ValueError, OverflowError, MemoryError):
                    found = self._anew(name)
                    if found.shape != stored.shape:
                        stale.add(stored.path.with_suffix(".log"))
                        raise Stale(f"{stored.path}: not what it was") from None
                self._loaded[name] = found
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._stored

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def shape(self, name: str) -> tuple[int, ...]:
        """That of a column, which is not read for it."""
        return self._stored[name].shape

    def content(self, name: str) -> int:
        """What a column holds, which is not read for it; nothing where there is none."""
        return self._stored[name].content if name in self._stored else NOTHING

    def only(self, names: list[str]) -> Columns:
        """Some of the columns."""
        return Columns({name: self._stored[name] for name in names}, self._anew)


class Numbers(Mapping[str, tuple[Array, Array]]):
    """What `Record.history` is: step and value of each number, by key.

    Arguments:
        keys: of `log()`.
        columns: `0/<key>`, the steps, and `1/<key>`, the values.
    """

    def __init__(self, keys: list[str], columns: Columns) -> None:
        self._keys = dict.fromkeys(keys)
        self._columns = columns

    def __getitem__(self, key: str) -> tuple[Array, Array]:
        return self._columns[f"0/{key}"], self._columns[f"1/{key}"]

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def content(columns: Mapping[str, Array], name: str) -> int:
    """What a column holds; told without reading it where it lies on the disk."""
    if isinstance(columns, Columns):
        return columns.content(name)
    values = columns.get(name)
    return NOTHING if values is None else content_of(values)


def content_of(values: Array) -> int:
    """What an array holds. Its newest rows are looked at first: most often they have a number."""
    if np.isfinite(values[-NEWEST:]).any() or np.isfinite(values).any():
        return FINITE
    return NONFINITE if np.isinf(values).any() else NOTHING


def total(values: Array) -> int:
    """A checksum: the sum of all words of 8 bytes. At the speed of memory; one word that is another
    is always seen."""
    data = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    words = len(data) // 8 * 8
    found = int(np.add.reduce(data[:words].view(np.uint64), dtype=np.uint64))
    return (found + int.from_bytes(data[words:].tobytes(), "little")) % (1 << 64)


def filled(file: FileIO, view: memoryview) -> int:
    """Reads as many bytes as the view has; returns their number.

    Raises:
        Damaged: there are fewer.
    """
    at = 0
    while at < len(view):
        count = file.readinto(view[at:])
        if not count:
            raise Damaged("cut short")
        at += count
    return at

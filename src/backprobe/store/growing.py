# SPDX-License-Identifier: Apache-2.0
"""Tables and series that grow block by block, without joining all blocks anew for each look."""

from __future__ import annotations

import contextlib
import math
import mmap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Series, Table

Block = Mapping[str, NDArray[Any]]
FIRST_ROWS = 256
"""Room for so many rows at first; two or four times as much when it is full."""
MAPPED = 1 << 20
"""Bytes from which an array has a mapping of its own."""
MOST_TIMES = 1000.0
"""What is still to come is believed up to so many times what has come."""
HUGE = 1 << 23
"""Bytes from which it has large pages: the last one is then a small part of it."""


class GrowingTable:
    """Collects blocks of named columns; `table` is what came so far.

    What was handed out stays as it was: later rows are written behind it.
    """

    def __init__(self) -> None:
        self._columns: dict[str, NDArray[Any]] = {}
        self._rows = 0
        self._waiting: list[Block] = []

    def add(self, block: Block, more: float = 1.0) -> None:
        """Takes one block: columns [n], all of one length. Nothing of it is kept but copies.

        Arguments:
            block: the columns.
            more: rows that are still to come, in those that have come.
        """
        same = block.keys() == self._columns.keys() and all(
            np.can_cast(block[name].dtype, column.dtype) for name, column in self._columns.items()
        )
        if self._waiting or not same:
            self._waiting.append(_copied(block))
            if not self._columns:
                self._join()
            return
        count = len(next(iter(block.values()), ()))
        for name, column in self._columns.items():
            self._columns[name] = column = _with_room(column, self._rows, count, more)
            column[self._rows : self._rows + count] = block[name]
        self._rows += count

    def table(self) -> Table:
        """All rows so far, NaN where a block lacks a column that another has."""
        if self._waiting:
            self._join()
        return Table(self._cut())

    def _join(self) -> None:
        joined = join_tables([self._cut(), *self._waiting] if self._columns else self._waiting)
        self._columns, self._rows, self._waiting = dict(joined.columns), len(joined), []

    def _cut(self) -> dict[str, NDArray[Any]]:
        return {name: column[: self._rows] for name, column in self._columns.items()}


class GrowingSeries:
    """Collects blocks of signals [steps, tensors]; `series` is what came so far.

    A block of later steps and known tensors and signals is written behind the others; any other
    waits, and is joined with all the rest at the next look. What was handed out stays as it was.
    """

    def __init__(self) -> None:
        self._step: NDArray[Any] = np.zeros(0, np.int64)
        self._index: NDArray[Any] = np.zeros(0, np.int64)
        self._values: dict[str, NDArray[Any]] = {}
        self._rows = 0
        self._waiting: list[Block] = []

    def add(self, block: Block, more: float = 1.0) -> None:
        """Takes one block: `step` [n], `index` [m] and signals [n, m]. Only copies are kept.

        Arguments:
            block: the signals.
            more: steps that are still to come, in those that have come.
        """
        step, index = block["step"], block["index"]
        if self._waiting or not self._fits(block):
            self._waiting.append(_copied(block))
            # As many rows wait as there are: joining them now costs no more than they did.
            if sum(len(one["step"]) for one in self._waiting) >= self._rows:
                self._join()
            return
        places = np.searchsorted(self._index, index)
        rows = slice(self._rows, self._rows + len(step))
        self._step = _with_room(self._step, self._rows, len(step), more)
        self._step[rows] = step
        whole = len(places) == len(self._index) and bool((np.diff(places) > 0).all())
        for name, values in self._values.items():
            self._values[name] = values = _with_room(values, self._rows, len(step), more)
            if name in block and whole:
                values[rows] = block[name]
                continue
            values[rows] = np.nan
            if name in block:
                values[rows, places] = block[name]
        self._rows += len(step)

    def series(self) -> Series:
        """All steps so far, ascending; NaN where a tensor was not measured."""
        if self._waiting:
            self._join()
        found = self._cut()
        step, index = found.pop("step"), found.pop("index")
        return Series(step, index, found)

    def _join(self) -> None:
        joined = join_matrices([self._cut(), *self._waiting])
        self._step, self._index = joined.step, joined.index
        self._values, self._rows, self._waiting = dict(joined.values), len(joined.step), []

    def _fits(self, block: Block) -> bool:
        step, index = block["step"], block["index"]
        if not (self._rows and len(step) and len(index)):
            return False
        places = np.searchsorted(self._index, index)
        return bool(
            step[0] > self._step[self._rows - 1]
            and (np.diff(step) > 0).all()
            and places[places.argmax()] < len(self._index)
            and (self._index[places] == index).all()
            and block.keys() - {"step", "index"} <= self._values.keys()
        )

    def _cut(self) -> dict[str, NDArray[Any]]:
        values = {name: column[: self._rows] for name, column in self._values.items()}
        return {"step": self._step[: self._rows], "index": self._index, **values}


def join_tables(blocks: Sequence[Block]) -> Table:
    """One table of all blocks, NaN where a block lacks a column that another has."""
    names = list(dict.fromkeys(name for block in blocks for name in block))
    lengths = [len(next(iter(block.values()))) if block else 0 for block in blocks]
    columns: dict[str, NDArray[Any]] = {}
    for name in names:
        parts = [
            block[name] if name in block else np.full(length, np.nan)
            for block, length in zip(blocks, lengths, strict=True)
        ]
        columns[name] = np.concatenate(parts)
    return Table(columns)


def join_matrices(blocks: Sequence[Block]) -> Series:
    """One series of all blocks: a row a step, a column a tensor; steps ascend, gaps are NaN."""
    if not blocks:
        return Series(np.zeros(0, np.int64), np.zeros(0, np.int64))
    steps = np.unique(np.concatenate([block["step"] for block in blocks]))
    index = np.unique(np.concatenate([block["index"] for block in blocks]))
    names = list(
        dict.fromkeys(name for block in blocks for name in block if name not in ("step", "index"))
    )
    values = {name: np.full((len(steps), len(index)), np.nan, dtype=np.float32) for name in names}
    for block in blocks:
        rows = np.searchsorted(steps, block["step"])
        columns = np.searchsorted(index, block["index"])
        place = _run(rows), _run(columns)
        both = place if slice in map(type, place) else np.ix_(rows, columns)
        for name in block:
            if name not in ("step", "index"):
                values[name][both] = block[name]
    return Series(steps, index, values)


def _run(places: NDArray[np.intp]) -> slice | NDArray[np.intp]:
    """Places that follow each other as a slice, which is written to at once; others as they are."""
    if len(places) and places[-1] - places[0] == len(places) - 1 and (np.diff(places) == 1).all():
        return slice(int(places[0]), int(places[-1]) + 1)
    return places


def _copied(block: Block) -> Block:
    return {name: column.copy() for name, column in block.items()}


def _with_room(array: NDArray[Any], used: int, added: int, more: float) -> NDArray[Any]:
    """The array, or a larger one that begins like it, with room for `added` rows."""
    if used + added <= len(array):
        return array
    # Of a mapping what is never written to takes no memory: room costs nothing, moving there does.
    times = max(4 if 4 * array.nbytes >= MAPPED else 2, min(1.1 * (1 + more), MOST_TIMES))
    try:
        rows = max(FIRST_ROWS, int(times * (used + added)))
        larger = room((rows, *array.shape[1:]), array.dtype)
    except (OSError, MemoryError):  # not so much at once
        larger = room((used + added + used // 4, *array.shape[1:]), array.dtype)
    larger[:used] = array[:used]
    return larger


def room(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """An array of no particular values, whose memory goes back to the system when it is let go.

    The allocator keeps what many growing arrays leave behind: of a long run as much again as the
    arrays hold. Pages of a mapping that nothing was written to take no memory.
    """
    size = math.prod(shape) * dtype.itemsize
    if size < MAPPED:
        return np.empty(shape, dtype)
    return np.frombuffer(_mapping(size), dtype).reshape(shape)


def _mapping(size: int) -> mmap.mmap:
    """So many bytes of this process's own.

    Linux makes pages of 2 MB of them where it is asked to: most of the time that it takes to read a
    long run went into its making pages of 4 kB one by one.
    """
    private = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)
    if not private:
        return mmap.mmap(-1, size)
    found = mmap.mmap(-1, size, flags=private)
    advice = getattr(mmap, "MADV_HUGEPAGE", None)
    if advice is not None and size >= HUGE:
        with contextlib.suppress(OSError):  # a kernel without them
            found.madvise(advice)
    return found

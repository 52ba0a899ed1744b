# SPDX-License-Identifier: Apache-2.0
"""Blocks of memory that the compiled kernel writes the steps' signals and histograms into.

The training thread fills a block row by row and the flush thread takes the rows that are complete,
so that a step costs neither copies nor allocations. A row is complete once its step was appended to
`steps`, its histograms once they were appended to `binned`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.probe.kernels import native

ROW_BYTES = 1 << 18
MOST_ROWS = 512
"""A block holds so many bytes of rows, and not more rows than this."""
OCCUPIED = 48
"""Occupied bins of a histogram that there is room for, on the average."""
DROPPED = -1
"""In place of the step of a row that turned out not to be wanted."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """Which histograms a step has, in the order in which they are written.

    Arguments:
        quantity: [k] 0 gradient, 1 weight, 2 update, 3 output.
        index: [k] of the tensor or place.
    """

    quantity: NDArray[np.uint8]
    index: NDArray[np.int32]


@dataclass(frozen=True)
class Histograms:
    """Packed histograms [k]: their step, quantity and index, and the occupied bins of each."""

    step: NDArray[np.int64]
    quantity: NDArray[np.uint8]
    index: NDArray[np.int32]
    length: NDArray[np.uint8]
    bins: NDArray[np.uint8]
    counts: NDArray[np.uint16]


class Block:
    """Rows [rows, width, signals] and the packed histograms of the same steps.

    Arguments:
        stream: of the log, "parameters" or "outputs".
        index: [width] numbers of the tensors; a later one may still be set.
        signals: how many a tensor has.
        histograms: the most that a step may add.
    """

    def __init__(
        self, stream: str, index: NDArray[np.int32], signals: int, histograms: int
    ) -> None:
        self.stream = stream
        self.index = index
        width = len(index)
        rows = max(2, min(MOST_ROWS, ROW_BYTES // max(1, 4 * width * signals)))
        self.values = np.full((rows, width, signals), np.nan, np.float32)
        self.closed = False
        self.steps: list[int] = []
        self.binned: list[tuple[int, Pattern, int, int]] = []
        self._taken = self._taken_binned = 0
        self._rows = rows
        self._stride = self.values.strides[0]
        self._values_at = self.values.ctypes.data
        least = histograms * native.BINS + 1  # the kernel touches one bin more than it keeps
        room = max(histograms * rows * OCCUPIED, least)
        self._most = room - least
        self._lengths = np.empty(max(1, histograms * rows), np.uint8)
        self._bins = np.empty(room, np.uint8)
        self._counts = np.empty(room, np.uint16)
        self.sink = native.Sink(
            self._lengths.ctypes.data, self._bins.ctypes.data, self._counts.ctypes.data
        )
        self.sink_at = ctypes.addressof(self.sink)

    @property
    def full(self) -> bool:
        """Whether no further step has room for certain."""
        return len(self.steps) >= self._rows or self.sink.used > self._most

    @property
    def at(self) -> int:
        """Address of the row that is being filled."""
        return self._values_at + len(self.steps) * self._stride

    @property
    def row(self) -> NDArray[np.float32]:
        """The row [width, signals] that is being filled."""
        found: NDArray[np.float32] = self.values[len(self.steps)]
        return found

    def open_to(self, pattern: Pattern | None) -> tuple[Any, ...]:
        """What compiled code must know to commit rows as `commit` does, see `followed.c`.

        Arguments:
            pattern: of the histograms of each step, None where there are none.
        """
        sink = 0 if pattern is None else self.sink_at
        count = 0 if pattern is None else len(pattern.index)
        room = self.at, sink, self._stride, self._rows, self._most, count
        return (*room, self.steps, self.binned, pattern)

    def commit(self, step: int, pattern: Pattern | None) -> None:
        """Completes the row that was being filled, and its histograms if a pattern is given."""
        sink = self.sink
        rows, used = sink.new_rows, sink.new_used
        if pattern is not None and rows - sink.rows == len(pattern.index):
            sink.rows, sink.used = rows, used
            self.binned.append((step, pattern, rows, used))
        self.steps.append(step)

    def waiting(self) -> NDArray[Any]:
        """Histograms [k, 135] of the step that is going on, which are not committed."""
        sink = self.sink
        lengths = self._lengths[sink.rows : sink.new_rows]
        found = np.zeros((len(lengths), native.BINS), np.uint32)
        taken = slice(sink.used, sink.new_used)
        found[np.repeat(np.arange(len(lengths)), lengths), self._bins[taken]] = self._counts[taken]
        return found

    def move(self, other: Block) -> None:
        """Goes on in a wider block with the step that is being filled."""
        other.row[: len(self.index)] = self.row
        rows = slice(self.sink.rows, self.sink.new_rows)
        used = slice(self.sink.used, self.sink.new_used)
        mine, sink = self.sink, other.sink
        sink.new_rows, sink.new_used = mine.new_rows - mine.rows, mine.new_used - mine.used
        other._lengths[: sink.new_rows] = self._lengths[rows]
        other._bins[: sink.new_used] = self._bins[used]
        other._counts[: sink.new_used] = self._counts[used]
        self.row[:] = np.nan
        self.closed = True

    def drop(self, but: int | None) -> None:
        """Forgets the rows that wait, and their histograms, except those of one step."""
        for k in range(self._taken, len(self.steps)):
            if self.steps[k] != but:
                self.steps[k] = DROPPED
        for k in range(self._taken_binned, len(self.binned)):
            if self.binned[k][0] != but:
                self.binned[k] = (DROPPED, *self.binned[k][1:])

    def take(self) -> tuple[NDArray[np.int64], NDArray[np.float32]] | None:
        """Steps [n] and values [n, width, signals] of the rows completed since the last call."""
        first, end = self._taken, len(self.steps)
        if first == end:
            return None
        self._taken = end
        steps = np.array(self.steps[first:end], np.int64)
        values = self.values[first:end]
        kept = steps != DROPPED
        return (steps, values) if kept.all() else (steps[kept], values[kept])

    def take_histograms(self) -> Iterator[Histograms]:
        """The histograms completed since the last call, those of one pattern in a row together."""
        first, end = self._taken_binned, len(self.binned)
        self._taken_binned = end
        rows, used = self.binned[first - 1][2:] if first else (0, 0)
        while first < end:
            pattern, last = self.binned[first][1], first
            kept = self.binned[first][0] != DROPPED
            while (
                last + 1 < end
                and self.binned[last + 1][1] is pattern
                and (self.binned[last + 1][0] != DROPPED) == kept
            ):
                last += 1
            until, most = self.binned[last][2:]
            if kept:
                steps = [entry[0] for entry in self.binned[first : last + 1]]
                yield Histograms(
                    np.repeat(np.array(steps, np.int64), len(pattern.index)),
                    np.tile(pattern.quantity, len(steps)),
                    np.tile(pattern.index, len(steps)),
                    self._lengths[rows:until],
                    self._bins[used:most],
                    self._counts[used:most],
                )
            rows, used, first = until, most, last + 1


def join(parts: Sequence[Histograms]) -> dict[str, NDArray[Any]]:
    """The columns of one frame of histograms."""
    return {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("step", "quantity", "index", "length", "bins", "counts")
    }

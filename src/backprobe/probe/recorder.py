# SPDX-License-Identifier: Apache-2.0
"""Rows and blocks that wait in memory until the flush thread writes them to the log."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.probe.blocks import Block, Histograms, join
from backprobe.probe.kernels.packing import pack
from backprobe.probe.units import Look, columns
from backprobe.store.writer import LogWriter

STEP_COLUMNS = (
    "step",
    "time",
    "seconds",
    "loss",
    "loss_index",
    "backwards",
    "lr",
    "grad_norm",
    "clip_norm",
    "clip_limit",
    "clip_share",
    "samples",
    "carried",
    "optimizer",
    "scale",
    "skipped",
    "training",
    "observed",
)
HISTOGRAM_SECONDS = 0.5
"""Charts get histograms at most so often after the dense start, unless the user asks for more."""

STEP_DTYPES: Mapping[str, Any] = {"step": np.int64, "time": np.float64}
NAN = float("nan")

StepRow = tuple[float, ...]
"""Values of `STEP_COLUMNS` or, of a step that was not observed, of `UNOBSERVED_COLUMNS`, where the
time is that of `perf_counter`."""
UNOBSERVED_COLUMNS = (
    "step",
    "time",
    "seconds",
    "loss",
    "loss_index",
    "backwards",
    "lr",
    "samples",
    "optimizer",
    "training",
)
Matrix = tuple[int, NDArray[np.int32], NDArray[np.float32]]
OUTPUTS = 3
"""The quantity of histograms of layer outputs."""

Rows = tuple[int, int, NDArray[np.uint64], NDArray[np.uint64]]
Histogram = tuple[int, int, NDArray[np.int32], NDArray[Any]]


class Recorder:
    """Collects what one process measured; `drain` moves it into the log.

    Arguments:
        writer: of this process's log.

    `flush` add the rows of steps that compiled code holds.
    """

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self._draining = threading.Lock()  # the end of a run meets the flush thread
        self.flush: list[Callable[[], None]] = []
        self.held = True  # until it is known whether an optimizer or a backward is the beat
        self.steps: deque[StepRow | NDArray[np.float64]] = deque()
        self.blocks: deque[Block] = deque()
        self.matrices: dict[str, deque[Matrix]] = {"parameters": deque(), "outputs": deque()}
        self.signals: dict[str, tuple[str, ...]] = {}
        self.histograms: deque[Histogram] = deque()
        self.hashes: deque[Rows] = deque()
        self.fragments: deque[tuple[int, int, NDArray[np.float32]]] = deque()
        self.occasional: deque[tuple[str, int, str, int, float]] = deque()
        self.units: deque[Look] = deque()
        self.samples: deque[tuple[dict[str, Any], dict[str, NDArray[Any]]]] = deque()
        self.tables: dict[str, deque[dict[str, float]]] = {
            "batches": deque(),
            "evaluations": deque(),
            "noise": deque(),
        }

    def event(self, name: str, /, **data: Any) -> None:
        """Writes a fact at once."""
        self._writer.event(name, **data)

    def add_steps(self, columns: int, rows: bytes) -> None:
        """Keeps rows of steps that compiled code held.

        Arguments:
            columns: how many they have, as `StepRow` may.
            rows: their values, float64, one after another.
        """
        self.steps.append(np.frombuffer(rows).reshape(-1, columns))

    def structure(self, fresh: Mapping[str, list[dict[str, Any]]]) -> None:
        """Writes new or changed entries of the structure."""
        for stream, items in fresh.items():
            self._writer.event(stream, items=items)

    def add_histograms(
        self, step: int, quantity: int, index: NDArray[np.int32], counts: NDArray[Any]
    ) -> None:
        """Keeps histograms [k, 135] of k tensors: 0 gradient, 1 weight, 2 update, 3 output."""
        self.histograms.append((step, quantity, index, counts))

    def add_fragments(self, step: int, evaluation: int, kept: NDArray[np.float32]) -> None:
        """Keeps the pieces [n * 4] that stand for a batch's rows."""
        self.fragments.append((step, evaluation, kept.reshape(-1, 4).copy()))

    def signal(self, stream: str, step: int, name: str, index: int, value: float) -> None:
        """Keeps one value of a signal that is only measured now and then."""
        self.occasional.append((stream, step, name, index, value))

    def keep_samples(self, header: dict[str, Any], columns: dict[str, NDArray[Any]]) -> None:
        """Keeps a few rows of a batch."""
        self.samples.append((header, columns))

    def forget(self) -> None:
        """Drops the steps that wait: they turned out to be micro-batches of one step.

        What the layers put out for the first of them stays, as that step's.
        """
        self.steps.clear()
        outputs = [row for row in self.matrices["outputs"] if row[0] == 0]
        histograms = [row for row in self.histograms if row[0] == 0 and row[1] == OUTPUTS]
        occasional = [row for row in self.occasional if row[1] == 0 and row[0] == "outputs"]
        units = [look for look in self.units if look.step == 0]
        self.histograms.clear()
        self.occasional.clear()
        self.units.clear()
        for waiting in self.matrices.values():
            waiting.clear()
        for block in list(self.blocks):
            block.drop(0 if block.stream == "outputs" else None)
        self.matrices["outputs"].extend(outputs)
        self.histograms.extend(histograms)
        self.occasional.extend(occasional)
        self.units.extend(units)
        for row in self.tables["batches"]:
            row["step"] = 0.0

    def discard(self) -> None:
        """Drops everything that waits: it can't be written and must not pile up."""
        self.forget()
        self.matrices["outputs"].clear()
        self.blocks.clear()
        for rows in self.tables.values():
            rows.clear()

    def drain(self) -> None:
        """Writes everything that waits; steps and what hangs on them only unless `held`."""
        with self._draining:
            if not self.held:
                self._drain()

    def _drain(self) -> None:
        self._drain_steps()
        self._drain_blocks()
        for stream in self.matrices:
            self._drain_matrices(stream)
        for stream, rows in self.tables.items():
            self._drain_table(stream, rows)
        self._drain_histograms()
        self._drain_hashes()
        self._drain_fragments()
        self._drain_occasional()
        if looks := _taken(self.units):
            self._writer.frame({"stream": "units"}, columns(looks))
        for header, rows in _taken(self.samples):
            self._writer.frame({"stream": "samples", **header}, rows)

    def _drain_steps(self) -> None:
        for hand_over in self.flush:
            hand_over()
        rows = _taken(self.steps)
        if rows:
            table = _whole(rows).T
            columns: dict[str, NDArray[Any]] = {
                name: values.astype(STEP_DTYPES.get(name, np.float32))
                for name, values in zip(STEP_COLUMNS, table, strict=True)
            }
            self._writer.frame({"stream": "steps"}, columns)

    def _drain_blocks(self) -> None:
        for stream, names in self.signals.items():
            found: list[Histograms] = []
            for block in [block for block in list(self.blocks) if block.stream == stream]:
                closed = block.closed  # before what it holds is taken: no row comes after
                taken = block.take()
                if taken is not None and len(taken[0]):
                    self._write_rows(stream, names, block.index, *taken)
                found += block.take_histograms()
                if closed:
                    self.blocks.remove(block)
            if found:
                self._writer.frame({"stream": "histograms"}, join(found))

    def _write_rows(
        self,
        stream: str,
        names: tuple[str, ...],
        index: NDArray[np.int32],
        steps: NDArray[np.int64],
        values: NDArray[np.float32],
    ) -> None:
        if stream == "outputs":  # a block has room for places that never ran
            measured = ~np.isnan(values[:, :, 5]).all(axis=0)
            index, values = index[measured], values[:, measured]
        columns = {name: values[:, :, k] for k, name in enumerate(names)}
        self._writer.frame({"stream": stream}, {"step": steps, "index": index, **columns})

    def _drain_matrices(self, stream: str) -> None:
        rows = _taken(self.matrices[stream])
        start = 0
        for at in range(1, len(rows) + 1):
            # A block holds successive steps that measured the same tensors.
            if at == len(rows) or not np.array_equal(rows[at][1], rows[start][1]):
                part = rows[start:at]
                values = np.stack([row[2] for row in part])
                self._writer.frame(
                    {"stream": stream},
                    {
                        "step": np.array([row[0] for row in part], np.int64),
                        "index": part[0][1],
                        **{name: values[:, :, k] for k, name in enumerate(self.signals[stream])},
                    },
                )
                start = at

    def _drain_table(self, stream: str, waiting: deque[dict[str, float]]) -> None:
        rows = _taken(waiting)
        if rows:
            names = list(dict.fromkeys(name for row in rows for name in row))
            nan = float("nan")
            self._writer.frame(
                {"stream": stream},
                {name: np.array([row.get(name, nan) for row in rows]) for name in names},
            )

    def _drain_occasional(self) -> None:
        groups: dict[tuple[str, int, str], dict[int, float]] = {}
        for stream, step, name, index, value in _taken(self.occasional):
            groups.setdefault((stream, step, name), {})[index] = value
        for (stream, step, name), values in groups.items():
            self._writer.frame(
                {"stream": stream},
                {
                    "step": np.array([step], np.int64),
                    "index": np.array(list(values), np.int32),
                    name: np.array([list(values.values())], np.float32),
                },
            )

    def _drain_hashes(self) -> None:
        taken = _taken(self.hashes)
        if taken:
            sizes = [len(inputs) for _, _, inputs, _ in taken]
            self._writer.frame(
                {"stream": "hashes"},
                {
                    "step": np.repeat([row[0] for row in taken], sizes).astype(np.int64),
                    "evaluation": np.repeat([row[1] for row in taken], sizes).astype(np.uint8),
                    "input": np.concatenate([row[2] for row in taken]),
                    "target": np.concatenate([row[3] for row in taken]),
                },
            )

    def _drain_fragments(self) -> None:
        taken = _taken(self.fragments)
        if taken:
            sizes = [len(kept) for _, _, kept in taken]
            rows = np.concatenate([kept for _, _, kept in taken])
            columns: dict[str, NDArray[Any]] = {
                "step": np.repeat([row[0] for row in taken], sizes).astype(np.int64),
                "evaluation": np.repeat([row[1] for row in taken], sizes).astype(np.uint8),
            }
            for at, name in enumerate(("first", "first_at", "second", "second_at")):
                columns[name] = rows[:, at].astype(np.uint32)
            self._writer.frame({"stream": "fragments"}, columns)

    def _drain_histograms(self) -> None:
        rows = _taken(self.histograms)
        if not rows:
            return
        sizes = [len(row[2]) for row in rows]
        lengths, bins, counts = pack(np.concatenate([row[3] for row in rows]))
        largest = int(counts.max()) if counts.size else 0
        self._writer.frame(
            {"stream": "histograms"},
            {
                "step": np.repeat([row[0] for row in rows], sizes).astype(np.int64),
                "quantity": np.repeat([row[1] for row in rows], sizes).astype(np.uint8),
                "index": np.concatenate([row[2] for row in rows]).astype(np.int32),
                "length": lengths,
                "bins": bins,
                "counts": counts.astype(np.uint16 if largest < 1 << 16 else np.uint32),
            },
        )


class HistogramClock:
    """When charts get their next histograms.

    Arguments:
        every: steps between two, None for the default: dense at first, then by the clock.
    """

    def __init__(self, every: int | None = None) -> None:
        self.every = every
        self._last = 0.0

    def due(self, step: int) -> bool:
        """Whether the step that begins now is to have histograms."""
        if self.every is not None and step % self.every == 0:
            return True
        now = time.monotonic()
        if step < 10 or now - self._last >= HISTOGRAM_SECONDS:
            self._last = now
            return True
        return False


_UNOBSERVED = np.array([STEP_COLUMNS.index(column) for column in UNOBSERVED_COLUMNS])


def _whole(rows: list[StepRow | NDArray[np.float64]]) -> NDArray[np.float64]:
    """Rows [n, columns] of all columns: what a step that was not observed lacks is NaN."""
    tables = []
    for (ready, width), group in groupby(rows, _kind):
        found = list(group)
        given = np.concatenate(found) if ready else np.array(found, np.float64)
        if width == len(UNOBSERVED_COLUMNS):
            table = np.full((len(given), len(STEP_COLUMNS)), NAN)
            table[:, _UNOBSERVED] = given
            table[:, STEP_COLUMNS.index("time")] += time.time() - time.perf_counter()
            table[:, STEP_COLUMNS.index("observed")] = 0.0
            given = table
        tables.append(given)
    return np.concatenate(tables)


def _kind(row: StepRow | NDArray[np.float64]) -> tuple[bool, int]:
    """Whether it is a table of rows, and how many columns it has."""
    return (True, row.shape[1]) if isinstance(row, np.ndarray) else (False, len(row))


def _taken(waiting: deque[Any]) -> list[Any]:
    rows = []
    while waiting:  # the training thread may be appending meanwhile
        rows.append(waiting.popleft())
    return rows

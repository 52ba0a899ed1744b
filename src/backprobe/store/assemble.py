# SPDX-License-Identifier: Apache-2.0
"""Frames of one process's log, in; a `Record`, out. Unknown streams and fields are passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from backprobe.records import (
    Event,
    Loss,
    Module,
    Operation,
    Optimizer,
    Parameter,
    Place,
    Record,
    Run,
    Series,
    Source,
    Table,
)
from backprobe.store.fitting import check
from backprobe.store.frames import Frame
from backprobe.store.growing import GrowingSeries, GrowingTable
from backprobe.store.history import History, Row
from backprobe.store.straight import Straight

_T = TypeVar("_T")

STRUCTURE: Mapping[str, tuple[str, type]] = {
    "modules": ("modules", Module),
    "parameters": ("parameters", Parameter),
    "places": ("places", Place),
    "graph": ("graph", Operation),
    "optimizers": ("optimizers", Optimizer),
    "losses": ("losses", Loss),
}
"""Event that carries a list of nouns → the field of `Record`, and the noun."""

TABLES: Mapping[str, str] = {
    "steps": "steps",
    "batches": "batches",
    "evaluations": "evaluations",
    "hashes": "hashes",
    "fragments": "fragments",
    "noise": "noise",
    "system": "system",
}
IDENTITY = ("name", "project", "group", "job_type", "notes", "tags", "kind", "ignore")
"""Fields of `Run` that an `identity` event may set."""
MATRICES: Mapping[str, str] = {"parameters": "parameters_series", "outputs": "outputs"}

APART = ("event", "histograms", "units", "samples", "console")
"""Streams that are no columns of numbers, a row a step."""
_NONE = np.zeros(0, np.int64)


@dataclass(frozen=True)
class State:
    """What was assembled of the columns of a log.

    Arguments:
        tables, matrices, numbers: by stream, by stream, and by key of `log()`.
        clock: `step` and `time` of each row of `log()`.
        told: number of such a row → its values that are no numbers.
        open: the row that may still grow: its number in the script, its place, its values.
        frames: how many there were.
        misread: of which made no sense, in words.
        apart: where in the log all the rest lies.
    """

    tables: Mapping[str, Mapping[str, NDArray[Any]]]
    matrices: Mapping[str, Series]
    numbers: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
    clock: Mapping[str, NDArray[Any]]
    told: dict[int, dict[str, Any]]
    open: tuple[int, int, dict[str, Any]]
    frames: int
    misread: tuple[str, ...]
    apart: tuple[tuple[int, int], ...]


class Assembler:
    """Collects frames as they arrive and gives the `Record` of what came so far.

    Arguments:
        rows: whether the rows of `log()` are kept whole, beside their numbers.
    """

    def __init__(self, rows: bool = True) -> None:
        self._tables = {name: GrowingTable() for name in TABLES}
        self._matrices = {name: GrowingSeries() for name in MATRICES}
        self._nouns: dict[str, dict[int, Any]] = {name: {} for name in STRUCTURE}
        self._earlier: State | None = None
        self.straight = {name: Straight(name in MATRICES) for name in (*TABLES, *MATRICES)}
        self.history = History(rows)
        self.events: list[Event] = []
        self.histograms: list[Mapping[str, NDArray[Any]]] = []
        self.units: list[Mapping[str, NDArray[Any]]] = []
        self.samples: list[Frame] = []
        self.console: list[tuple[int, str]] = []
        self.printed: list[tuple[int, str]] = []
        self.frames = 0
        self.misread: list[str] = []
        self.apart: list[tuple[int, int]] = []
        """Where in the log what is no column lies: begin and end of each stretch."""

    @classmethod
    def of(cls, state: State, apart: Iterable[Frame]) -> Assembler:
        """The assembler that had that state; it goes on from there.

        Arguments:
            state: as `state` gave it.
            apart: the frames in `state.apart`.
        """
        found = cls(rows=False)
        found.add(apart)
        found.frames, found.misread = state.frames, list(state.misread)
        found.apart = list(state.apart)
        found.history.told, found.history.open = state.told, state.open
        found._earlier = state
        return found

    @property
    def rows(self) -> list[Row]:
        """Step, time and values of each row of `log()`; empty where they are not kept whole."""
        return self.history.rows

    @property
    def told(self) -> Mapping[int, Mapping[str, Any]]:
        """Number of a row of `log()` → its values that are no numbers."""
        return self.history.told

    def clock(self) -> Mapping[str, NDArray[Any]]:
        """`step` and `time` of each row of `log()`, in the order in which they came."""
        return self._earlier.clock if self._earlier is not None else self.history.clock()

    def state(self) -> State:
        """All that is not in `apart`, as of now."""
        if self._earlier is not None:
            return self._earlier
        return State(
            {name: growing.table().columns for name, growing in self._tables.items()},
            {name: growing.series() for name, growing in self._matrices.items()},
            self.history.numbers(),
            self.history.clock(),
            self.history.told,
            self.history.open,
            self.frames,
            tuple(self.misread),
            tuple(self.apart),
        )

    def add(self, frames: Iterable[Frame], more: float = 1.0, base: int = 0) -> None:
        """Takes frames in the order of the log; one that makes no sense costs itself only.

        Nothing of their columns is kept but copies: the reader uses their memory again.

        Arguments:
            frames: as `decode` gives them.
            more: how much of the log is still to come, in what has come.
            base: where in the log what they were decoded from begins.
        """
        for frame in frames:
            if self._earlier is not None:
                self._thaw(self._earlier)
            self.frames += 1
            try:
                self._take(frame, more, base)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                self.misread.append(f"frame {frame.sequence} makes no sense: {error!r}")

    def _thaw(self, state: State) -> None:
        """Makes what an earlier reader assembled grow."""
        self._earlier = None
        for name, columns in state.tables.items():
            if columns:
                self._tables[name].add(dict(columns))
        for name, series in state.matrices.items():
            self._matrices[name].add({"step": series.step, "index": series.index, **series.values})
        self.history = History.of(state.clock, state.numbers, state.told, state.open)
        for straight in self.straight.values():
            straight.holds = False  # where the earlier ones lie is not known any more

    def _take(self, frame: Frame, more: float, base: int) -> None:
        stream = str(frame.header.get("stream"))
        if stream == "history":
            self.history.add(frame.header)
        elif stream in TABLES:
            self._tables[stream].add(_table(frame.columns), more)
            self.straight[stream].add(frame, base)
        elif stream in MATRICES:
            self._matrices[stream].add(_matrix(frame.columns), more)
            self.straight[stream].add(frame, base)
        elif stream in APART:
            self._stretch(base + frame.start, base + frame.end)
            self._take_apart(stream, frame)

    def _stretch(self, start: int, end: int) -> None:
        if self.apart and self.apart[-1][1] == start:
            self.apart[-1] = (self.apart[-1][0], end)
        else:
            self.apart.append((start, end))

    def _take_apart(self, stream: str, frame: Frame) -> None:
        if stream == "event":
            self._event(frame.header)
        elif stream == "histograms":
            self.histograms.append(_kept(frame.columns))
        elif stream == "units":
            self.units.append(_kept(frame.columns))
        elif stream == "samples":
            self.samples.append(frame._replace(columns=_kept(frame.columns)))
        elif stream == "console":
            piece = str(frame.header["text"])
            self.console.append((int(frame.header["fd"]), piece))
            if self.console[-1][0] == 1:
                self.printed.append((_number(frame.header.get("step"), -1), piece))

    def record(self, run: Run, damage: Iterable[str] = ()) -> Record:
        """The record of all frames so far."""
        process = self._last("process")
        parts: dict[str, Any] = {
            name: tuple(self._nouns[event][key] for key in sorted(self._nouns[event]))
            for event, (name, _) in STRUCTURE.items()
        }
        state = self.state()
        for stream, name in TABLES.items():
            parts[name] = Table(state.tables.get(stream, {}))
        for stream, name in MATRICES.items():
            parts[name] = state.matrices.get(stream, Series(_NONE, _NONE))
        return Record(
            run=self._run(run),
            history=state.numbers,
            events=tuple(self.events),
            blind_spots=tuple(
                dict.fromkeys(
                    str(e.data.get("text", "")) for e in self.events if e.name == "blind-spot"
                )
            ),
            console=tuple(self.printed),
            damage=(*damage, *self.misread),
            rank=_number(process.get("rank"), 0),
            world=_number(process.get("world"), 1),
            **parts,
        )

    def _run(self, run: Run) -> Run:
        changes: dict[str, Any] = {}
        for event in self.events:
            if event.name in ("config", "summary"):
                changes[event.name] = {
                    **changes.get(event.name, getattr(run, event.name)),
                    **event.data,
                }
            elif event.name == "environment":
                changes["environment"] = {**changes.get("environment", {}), **event.data}
            elif event.name == "identity":
                changes.update({k: _frozen(v) for k, v in event.data.items() if k in IDENTITY})
        return replace(run, **changes) if changes else run

    def _last(self, name: str) -> Mapping[str, Any]:
        return next((e.data for e in reversed(self.events) if e.name == name), {})

    def _event(self, header: Mapping[str, Any]) -> None:
        name, data = str(header["event"]), header.get("data", {})
        if not isinstance(data, Mapping):
            raise TypeError(f"event {name} holds {type(data).__name__}")
        if name in STRUCTURE:
            _, noun = STRUCTURE[name]
            for item in data["items"]:
                built = build(noun, item)
                if type(built.index) is not int:
                    raise TypeError(f"{name}: an index is {built.index!r}")
                self._nouns[name][built.index] = built
        else:
            self.events.append(Event(name, float(header.get("time", 0.0)), data))


def build(noun: Callable[..., _T], data: Mapping[str, Any]) -> _T:
    """An instance of a frozen dataclass from JSON: lists become tuples, sources become `Source`."""
    known = _fields(noun)
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in known:
            continue
        if known[name]:
            values[name] = Source(*value) if value else None
        else:
            values[name] = _frozen(value) if type(value) is list else value
    check(noun, values)
    return noun(**values)


@cache
def _fields(noun: Callable[..., Any]) -> Mapping[str, bool]:
    """The fields of a dataclass, and which of them are places in the source."""
    return {field.name: field.name.endswith("source") for field in fields(noun)}  # type: ignore[arg-type]


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _number(value: Any, otherwise: int) -> int:
    return value if type(value) is int else otherwise


def _kept(columns: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    return {name: column.copy() for name, column in columns.items()}


def _table(columns: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    if len({column.shape for column in columns.values()}) > 1 or any(
        column.ndim != 1 for column in columns.values()
    ):
        raise ValueError("columns of unequal length")
    return columns


def _matrix(columns: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
    shape = (*columns["step"].shape, *columns["index"].shape)
    if len(shape) != 2 or any(
        column.shape != shape for name, column in columns.items() if name not in ("step", "index")
    ):
        raise ValueError("a signal is not of shape [steps, tensors]")
    return columns

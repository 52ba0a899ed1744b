# SPDX-License-Identifier: Apache-2.0
"""Frames of one process's log, in; a `Record`, out. Unknown streams and fields are passed over."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
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
    Source,
)
from backprobe.store.fitting import check
from backprobe.store.frames import Frame
from backprobe.store.growing import GrowingSeries, GrowingTable

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
    "noise": "noise",
    "system": "system",
}
IDENTITY = ("name", "project", "group", "job_type", "notes", "tags", "kind", "ignore")
"""Fields of `Run` that an `identity` event may set."""
MATRICES: Mapping[str, str] = {"parameters": "parameters_series", "outputs": "outputs"}


class Assembler:
    """Collects frames as they arrive and gives the `Record` of what came so far."""

    def __init__(self) -> None:
        self._tables = {name: GrowingTable() for name in TABLES}
        self._matrices = {name: GrowingSeries() for name in MATRICES}
        self._nouns: dict[str, dict[int, Any]] = {name: {} for name in STRUCTURE}
        self._history: dict[str, tuple[list[int], list[Any]]] = {}
        self.events: list[Event] = []
        self.rows: list[tuple[int, float, Mapping[str, Any]]] = []
        self.histograms: list[Mapping[str, NDArray[Any]]] = []
        self.units: list[Mapping[str, NDArray[Any]]] = []
        self.samples: list[Frame] = []
        self.console: list[tuple[int, str]] = []
        self.printed: list[tuple[int, str]] = []
        self.frames = 0
        self.misread: list[str] = []
        self._open_row = -1
        self._open_index = -1

    def add(self, frames: Iterable[Frame], more: float = 1.0) -> None:
        """Takes frames in the order of the log; one that makes no sense costs itself only.

        Nothing of their columns is kept but copies: the reader uses their memory again.

        Arguments:
            frames: as `decode` gives them.
            more: how much of the log is still to come, in what has come.
        """
        for frame in frames:
            self.frames += 1
            try:
                self._take(frame, more)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                self.misread.append(f"frame {frame.sequence} makes no sense: {error!r}")

    def _take(self, frame: Frame, more: float) -> None:
        stream = str(frame.header.get("stream"))
        if stream == "history":
            self._row(frame.header)
        elif stream == "event":
            self._event(frame.header)
        elif stream in TABLES:
            self._tables[stream].add(_table(frame.columns), more)
        elif stream in MATRICES:
            self._matrices[stream].add(_matrix(frame.columns), more)
        elif stream == "histograms":
            self.histograms.append(_kept(frame.columns))
        elif stream == "units":
            self.units.append(_kept(frame.columns))
        elif stream == "samples":
            self.samples.append(replace(frame, columns=_kept(frame.columns)))
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
        for stream, name in TABLES.items():
            parts[name] = self._tables[stream].table()
        for stream, name in MATRICES.items():
            parts[name] = self._matrices[stream].series()
        return Record(
            run=self._run(run),
            history={
                key: (np.asarray(steps, np.int64), np.asarray(values, np.float64))
                for key, (steps, values) in self._history.items()
            },
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

    def _row(self, header: Mapping[str, Any]) -> None:
        step, row, values = header["step"], header.get("row", -1), header["values"]
        if type(step) is not int or abs(step) >= 2**63:
            step = _step(step)
        if type(values) is not dict or type(row) is not int:
            raise TypeError("no row")
        now = float(header["time"])
        if row >= 0 and row == self._open_row:
            before = self.rows[self._open_index][2]
            self.rows[self._open_index] = (step, now, {**before, **values})
        else:
            before = {}
            if row >= 0:
                self._open_row, self._open_index = row, len(self.rows)
            self.rows.append((step, now, values))
        for key, value in values.items():
            kind = type(value)
            if kind is int:
                value = _float(value)
            elif kind is not float:
                continue
            found = self._history.get(key)
            if found is None:
                found = self._history[key] = ([], [])
            steps, column = found
            if key in before and steps and steps[-1] == step:
                column[-1] = value
            else:
                steps.append(step)
                column.append(value)


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


def _step(value: Any) -> int:
    return max(-(2**63), min(2**63 - 1, int(value)))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer that no float64 holds
        return math.inf if value > 0 else -math.inf


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

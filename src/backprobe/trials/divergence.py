# SPDX-License-Identifier: Apache-2.0
"""Where two records of one script first differ: the step, and the tensor in the order of a step.

Bit for bit: a difference in the last place is one. Steps that only one of the two observed in full
say nothing, and times are no part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record, Series, Table

BATCH = ("checksum", "target_checksum", "rows", "mean", "std", "min", "max")
"""Of `Record.batches`: what was served, seen first."""
BEFORE = ("lr", "loss")
"""Of `Record.steps`, before the gradients."""
AFTER = ("grad_norm", "clip_norm", "scale", "skipped")
INITIAL = ("mean", "std", "min", "max")


@dataclass(frozen=True)
class Difference:
    """The first thing that is not the same.

    Arguments:
        step: optimizer step; -1 before the first.
        what: "structure", "initial weight", "batch", "output", "loss", "gradient", "weight",
            "update", "step" or "logged".
        name: of the tensor, layer or metric.
        signal: the number of it that differs.
        values: of the first and the second record.
    """

    step: int
    what: str
    name: str
    signal: str
    values: tuple[Any, Any]

    def in_words(self) -> str:
        """One clause for the user."""
        when = f"at step {self.step}" if self.step >= 0 else "before the first step"
        of = f"{self.what} {self.name}".strip()
        first, second = (_number(value) for value in self.values)
        return f"{when}, {of}: {self.signal} is {first} and then {second}"


@dataclass(frozen=True)
class Comparison:
    """How far two records agree.

    Arguments:
        first: the first difference; None where there is none.
        steps: steps that both have.
        observed: steps at which both observed tensors.
        tensors: parameters and layer outputs that were compared.
        lengths: steps of the one and of the other.
    """

    first: Difference | None
    steps: int
    observed: int
    tensors: int
    lengths: tuple[int, int]

    @property
    def identical(self) -> bool:
        """Whether nothing differs, the number of steps included."""
        return self.first is None and self.lengths[0] == self.lengths[1]


def compare(one: Record, other: Record) -> Comparison:
    """The first difference between two records of one script."""
    found = next(_structure(one, other), None) or next(_initial(one, other), None)
    steps = np.intersect1d(_steps(one.steps), _steps(other.steps))
    observed = np.intersect1d(one.parameters_series.step, other.parameters_series.step)
    observed = np.union1d(observed, np.intersect1d(one.outputs.step, other.outputs.step))
    if found is None:
        candidates = [next(part, None) for part in _parts(one, other)]
        present = [difference for difference in candidates if difference is not None]
        found = min(present, key=lambda d: d.step, default=None)  # equal steps: the earlier part
    return Comparison(
        first=found,
        steps=len(steps),
        observed=len(observed),
        tensors=len(one.parameters) + len(one.places),
        lengths=(len(one.steps), len(other.steps)),
    )


def _parts(one: Record, other: Record) -> list[Iterator[Difference]]:
    """Differences of each kind by step, the kinds in the order in which a step makes them."""
    outputs = {place.index: place.name or place.type for place in one.places}
    order = {place.index: place.order for place in one.places}
    names = {parameter.index: parameter.name for parameter in one.parameters}
    a, b = one.parameters_series, other.parameters_series
    return [
        _tables(_training(one.batches), _training(other.batches), BATCH, "batch"),
        _tables(one.steps, other.steps, BEFORE[:1], "step"),
        _series(one.outputs, other.outputs, "out_", "output", outputs, order),
        _tables(one.steps, other.steps, BEFORE[1:], "step"),
        # backwards: the last layer's gradient comes first
        _series(a, b, "grad_", "gradient", names, {index: -index for index in names}),
        _tables(one.steps, other.steps, AFTER, "step"),
        _series(a, b, "update_", "update", names, {}),
        _series(a, b, "weight_", "weight", names, {}),
        _logged(one, other),
    ]


def _structure(one: Record, other: Record) -> Iterator[Difference]:
    mine = {parameter.name: parameter.shape for parameter in one.parameters}
    theirs = {parameter.name: parameter.shape for parameter in other.parameters}
    for name in dict.fromkeys([*mine, *theirs]):
        if mine.get(name) != theirs.get(name):
            shapes = (mine.get(name), theirs.get(name))
            yield Difference(-1, "structure", name, "shape", shapes)


def _initial(one: Record, other: Record) -> Iterator[Difference]:
    for mine, theirs in zip(one.parameters, other.parameters, strict=False):
        for signal in INITIAL:
            pair = (mine.initial.get(signal), theirs.initial.get(signal))
            if None not in pair and not _same(*pair):
                yield Difference(-1, "initial weight", mine.name, signal, pair)


def _training(table: Table) -> Table:
    kept = ~(table.numbers("evaluation") == 1.0)
    return Table({name: table[name][kept] for name in table})


def _tables(one: Table, other: Table, signals: tuple[str, ...], what: str) -> Iterator[Difference]:
    steps, mine, theirs = _common(_steps(one), _steps(other))
    best: Difference | None = None
    for signal in signals:
        if signal not in one or signal not in other:
            continue
        pair = (one[signal][mine], other[signal][theirs])
        at = np.flatnonzero(apart(*pair))
        if at.size and (best is None or steps[at[0]] < best.step):
            values = (pair[0][at[0]].item(), pair[1][at[0]].item())
            name = "" if what == "batch" else signal
            best = Difference(int(steps[at[0]]), what, name, signal, values)
    if best is not None:
        yield best


def _series(
    one: Series,
    other: Series,
    prefix: str,
    what: str,
    names: dict[int, str],
    order: dict[int, int],
) -> Iterator[Difference]:
    steps, mine, theirs = _common(one.step, other.step)
    index, left, right = _common(one.index, other.index)
    found: list[tuple[int, int, Difference]] = []
    for signal in one.values:
        if not signal.startswith(prefix) or signal not in other.values:
            continue
        a = one.values[signal][np.ix_(mine, left)]
        b = other.values[signal][np.ix_(theirs, right)]
        # both must have measured it: a sampling that differs is no difference of the run
        differs = apart(a, b) & ~np.isnan(a) & ~np.isnan(b)
        for column in np.flatnonzero(differs.any(axis=0)):
            row = int(np.argmax(differs[:, column]))
            tensor = int(index[column])
            pair = (a[row, column].item(), b[row, column].item())
            name = names.get(tensor, str(tensor))
            difference = Difference(int(steps[row]), what, name, signal, pair)
            found.append((int(steps[row]), order.get(tensor, tensor), difference))
    if found:
        yield min(found, key=lambda one: one[:2])[2]


def _logged(one: Record, other: Record) -> Iterator[Difference]:
    best: Difference | None = None
    for key, (steps, values) in one.history.items():
        if key not in other.history:
            continue
        at, mine, theirs = _common(steps, other.history[key][0])
        pair = (values[mine], other.history[key][1][theirs])
        rows = np.flatnonzero(apart(*pair))
        if rows.size and (best is None or at[rows[0]] < best.step):
            told = (pair[0][rows[0]].item(), pair[1][rows[0]].item())
            best = Difference(int(at[rows[0]]), "logged", key, "value", told)
    if best is not None and not _is_clock(best.name):
        yield best


def _is_clock(name: str) -> bool:
    return any(word in name.lower() for word in ("time", "second", "per_s", "speed", "memory"))


def _steps(table: Table) -> NDArray[np.int64]:
    return np.nan_to_num(table.numbers("step")).astype(np.int64)


def _common(
    one: NDArray[Any], other: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp]]:
    """The values that both hold, ascending, and where the first of each is in either."""
    return np.intersect1d(one, other, return_indices=True)


def apart(one: NDArray[Any], other: NDArray[Any], share: float = 0.0) -> NDArray[np.bool_]:
    """Where two arrays differ; NaN is equal to itself only.

    Arguments:
        one: values, of any shape.
        other: of the same shape.
        share: of the greater of the two, by which numbers may differ.
    """
    if one.dtype.kind != "f" or other.dtype.kind != "f":
        return np.asarray(one != other)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(one - other)
        near = np.isfinite(gap) & (gap <= share * np.maximum(np.abs(one), np.abs(other)))
    same: NDArray[np.bool_] = near | (one == other) | (np.isnan(one) & np.isnan(other))
    return ~same


def _same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))


def _number(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)

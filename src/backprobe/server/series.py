# SPDX-License-Identifier: Apache-2.0
"""Scalar series of one run: what the user logged, what the optimizer's steps and layers gave."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from backprobe.records import Record, Table
from backprobe.server import quantities
from backprobe.server.errors import Refusal, decimal, number
from backprobe.server.payload import binary_response
from backprobe.server.readers import Readers, View
from backprobe.store.downsampling import extremes
from backprobe.store.stored import NOTHING, content

POINTS = 2000
MAX_POINTS = 20000
MAX_KEYS = 64
PIECE = 1 << 16
"""Rows that fit in the processor's cache."""
STEP_COLUMNS = ("loss", "lr", "grad_norm", "clip_norm", "seconds", "samples", "scale")
EVALUATION_COLUMNS = ("loss", "accuracy")


_NO_ROWS = {"step": np.zeros(0, np.int64), "time": np.zeros(0)}


@dataclass(frozen=True)
class Points:
    """One series: `x` ascending steps [n], `y` values [n]."""

    x: NDArray[Any]
    y: NDArray[Any]


def keys(record: Record) -> list[str]:
    """The keys of all series of the run that are not of single layers."""
    found = [f"history/{key}" for key in record.history]
    for prefix, table, columns in (
        ("step", record.steps, STEP_COLUMNS),
        ("evaluation", record.evaluations, EVALUATION_COLUMNS),
    ):
        found += [
            f"{prefix}/{column}"
            for column in columns
            if content(table.columns, column) != NOTHING
            or (len(table) and _is_loss(prefix, column))
        ]
    return found


def find(record: Record, key: str) -> Points:
    """The series of that key, without the steps at which it was not measured.

    A user's key may hold slashes: `history/train/loss`. Layers: `parameter/<index>/<signal>` and
    `output/<index>/<signal>`, where the signal may be a quantity (`update_ratio`).

    Raises:
        Refusal: 404, there is no such series.
    """
    kind, _, rest = key.partition("/")
    if kind == "history" and rest in record.history:
        return _ascending(*record.history[rest])
    if kind == "step" and rest in record.steps and rest != "step":
        return _table(record.steps, rest, keep_nan=_is_loss(kind, rest))
    if kind == "evaluation" and rest in record.evaluations and rest != "step":
        return _table(record.evaluations, rest, keep_nan=False)
    if kind in ("parameter", "output"):
        index, _, signal = rest.partition("/")
        found = record.parameters_series if kind == "parameter" else record.outputs
        if index.isdecimal() and int(index) in found.index:
            quantity = quantities.BY_NAME.get(signal)
            if quantity is not None and quantities.series(record, quantity) is found:
                column = int(np.flatnonzero(found.index == int(index))[0])
                values = quantities.matrix(record, quantity)[:, column]
            elif signal in found:
                values = found.of(signal, int(index))
            else:
                raise Refusal(404, f"no signal {signal!r}; there are {', '.join(found.values)}")
            measured = ~np.isnan(values)
            return Points(found.step[measured], values[measured])
    raise Refusal(404, f"no series {key!r} in run {record.run.id}")


def along(view: View, key: str, axis: str = "step") -> Points:
    """The series of that key over another abscissa, ascending; worked out once a record.

    Arguments:
        view: of the run.
        key: as for `find`.
        axis: "step"; "time", seconds since the run began; or the key of another series, of which
            the newest value at or before each step counts.

    Raises:
        Refusal: 404, there is no such series.
    """
    known = view.cache.get(("points", key, axis))
    if known is None:
        found = find(view.record, key)
        if axis != "step":
            found = _over(found, *_abscissae(view, key, axis))
        known = view.cache["points", key, axis] = found
    assert isinstance(known, Points)
    return known


def _abscissae(view: View, key: str, axis: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Steps, ascending, and where each lies on the axis; of the clock that the key's steps are."""
    if axis != "time":
        by = find(view.record, axis)
        return by.x, by.y
    record = view.record
    if key.startswith("history/"):
        clock = view.log.assembled.clock() if view.log is not None else _NO_ROWS
        steps, times = clock["step"], clock["time"]
    else:
        steps, times = record.steps["step"], record.steps["time"]
    order = np.argsort(steps, kind="stable")
    return steps[order], times[order] - record.run.created


def _over(found: Points, steps: NDArray[Any], places: NDArray[Any]) -> Points:
    """The points at the places that their steps have; those before the first place are left out."""
    at = np.searchsorted(steps, found.x, side="right") - 1
    known = at >= 0
    x = places[at[known]].astype(np.float64) if len(places) else np.zeros(0)
    y = found.y[known] if len(places) else np.zeros(0)
    sound = np.isfinite(x)
    return _ascending(x[sound], y[sound])


def _is_loss(kind: str, column: str) -> bool:
    """Whether NaN was measured: each step has a loss; elsewhere NaN says that nothing was."""
    return kind == "step" and column == "loss"


def _table(table: Table, column: str, keep_nan: bool) -> Points:
    x, y = table["step"], table[column]
    if not keep_nan:
        measured = ~np.isnan(y)
        x, y = x[measured], y[measured]
    return _ascending(x, y)


def _ascending(x: NDArray[Any], y: NDArray[Any]) -> Points:
    if _descends(x):
        order = np.argsort(x, kind="stable")
        return Points(x[order], y[order])
    return Points(x, y)


def _descends(x: NDArray[Any]) -> bool:
    """Whether a value is below the one before it; a piece at a time, without a copy of millions."""
    return any(
        bool((x[at + 1 : at + PIECE + 1] < x[at : at + PIECE][: len(x) - at - 1]).any())
        for at in range(0, len(x) - 1, PIECE)
    )


def series(request: Request) -> Response:
    """`GET /api/runs/{id}/series?key=…&after=…&x=…`: the points of several series, binary.

    `after` lists one cursor a key: the number of rows that the page has of it. What came since is
    sent whole, and before it the last of those rows, which may have changed: several calls of
    `log()` can make one row. Where that is too much, or `from`/`to` cut out a stretch, the rows
    are thinned and `reset` says that they replace all that the page had.
    """
    readers: Readers = request.app.state.readers
    view = readers.view(request.path_params["id"])
    wanted = request.query_params.getlist("key")
    if not 1 <= len(wanted) <= MAX_KEYS:
        raise Refusal(400, f"{len(wanted)} keys: expected key=… once to {MAX_KEYS} times")
    points = number(request, "points", POINTS, 2, MAX_POINTS)
    low, high = decimal(request, "from"), decimal(request, "to")
    axis = request.query_params.get("x") or "step"
    after = request.query_params.get("after", "")
    cursors = [int(c) if c.isdecimal() else 0 for c in after.split(",")] if after else []
    cursors += [0] * (len(wanted) - len(cursors))
    arrays: dict[str, NDArray[Any]] = {}
    listed: list[dict[str, Any]] = []
    for place, (key, cursor) in enumerate(zip(wanted, cursors, strict=False)):
        try:
            found = along(view, key, axis)
        except Refusal as refusal:
            listed.append({"key": key, "error": str(refusal)})
            continue
        total = len(found.x)
        reset = cursor == 0 or cursor > total or total - cursor > points
        x, y = found.x, found.y
        if low is not None or high is not None:
            x, y, reset = *window(found, low, high), True
        elif not reset:
            x, y = x[cursor - 1 :], y[cursor - 1 :]
        kept = extremes(x, y, points)
        listed.append({"key": key, "rows": total, "reset": reset, "thinned": len(kept) < len(x)})
        arrays[f"{place}/x"] = x[kept].astype(np.float64)
        arrays[f"{place}/y"] = y[kept].astype(np.float64)
    return binary_response({"schema": 1, "series": listed}, arrays)


def window(
    found: Points, low: float | None, high: float | None
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The rows between two steps and one neighbour on either side, so that lines reach the edge."""
    first = 0 if low is None else max(_place(found.x, low, math.ceil, "left") - 1, 0)
    last = len(found.x) if high is None else _place(found.x, high, math.floor, "right") + 1
    return found.x[first:last], found.y[first:last]


def _place(
    x: NDArray[Any], value: float, whole: Callable[[float], int], side: Literal["left", "right"]
) -> int:
    """`searchsorted` that does not turn whole numbers, millions of them, into floats first."""
    if np.issubdtype(x.dtype, np.integer):
        limits = np.iinfo(x.dtype)
        return int(np.searchsorted(x, min(max(whole(value), limits.min), limits.max), side))
    return int(np.searchsorted(x, value, side))

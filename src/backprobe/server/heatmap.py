# SPDX-License-Identifier: Apache-2.0
"""The layer × step matrix of one signal, in the order of execution."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from backprobe.server import quantities
from backprobe.server.errors import Refusal, decimal, number
from backprobe.server.payload import binary_response
from backprobe.server.quantities import Quantity
from backprobe.server.readers import Readers, View

COLUMNS = 600
MAX_COLUMNS = 4000
KEPT = 4
"""So many answers are kept of a run while its record does not grow."""


def bins(steps: NDArray[Any], columns: int) -> NDArray[np.intp]:
    """First row of each of at most `columns` bins of equal width in steps; empty ones left out."""
    if len(steps) <= columns:
        return np.arange(len(steps))
    edges = np.linspace(float(steps[0]), float(steps[-1]), columns + 1)[1:-1]
    return np.flatnonzero(np.diff(np.searchsorted(edges, steps, side="right"), prepend=-1))


def merge(values: NDArray[Any], starts: NDArray[np.intp], how: str) -> NDArray[Any]:
    """Cells of several steps as one, NaN where none was measured, infinite where one was.

    Arguments:
        values: [steps, tensors].
        starts: first row of each bin.
        how: "rms" or "mean".
    """
    if len(starts) == len(values):
        return values.astype(np.float32)
    finite = np.isfinite(values)
    if finite.all():  # the common case, in half the time
        x = values.astype(np.float64)
        counts = np.diff(np.append(starts, len(values)))[:, np.newaxis]
        with np.errstate(over="ignore"):
            mean = np.add.reduceat(x * x if how == "rms" else x, starts, axis=0) / counts
        return (np.sqrt(mean) if how == "rms" else mean).astype(np.float32)
    x = np.where(finite, values, 0.0).astype(np.float64)
    count = np.add.reduceat(finite, starts, axis=0, dtype=np.int64)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean = np.add.reduceat(x * x if how == "rms" else x, starts, axis=0) / count
        merged = np.sqrt(mean) if how == "rms" else mean
    infinite = np.logical_or.reduceat(np.isinf(values), starts, axis=0)
    return np.where(infinite, np.inf, merged).astype(np.float32)


def heatmap(request: Request) -> Response:
    """`GET /api/runs/{id}/heatmap?signal=…`: rows, the steps of the columns, and the cells.

    Arrays: `start` and `end` [columns], the first and last step that a column merges; `values`
    [rows, columns]; and, where anything was NaN or infinite, `nonfinite` [rows, columns], the
    greatest share of such elements.
    """
    readers: Readers = request.app.state.readers
    name = request.query_params.get("signal", "grad_rms")
    quantity = quantities.BY_NAME.get(name)
    if quantity is None:
        raise Refusal(404, f"no signal {name!r}; there are {', '.join(quantities.BY_NAME)}")
    view = readers.view(request.path_params["id"])
    columns = number(request, "columns", COLUMNS, 1, MAX_COLUMNS)
    low, high = decimal(request, "from"), decimal(request, "to")
    asked = (name, columns, low, high)
    kept: OrderedDict[Any, tuple[Any, Any]] = view.cache.setdefault("heatmaps", OrderedDict())
    found = kept.get(asked)
    if found is None:
        found = kept[asked] = _matrix(view, quantity, columns, low, high)
        while len(kept) > KEPT:
            kept.popitem(last=False)
    return binary_response(*found)


def _matrix(
    view: View, quantity: Quantity, columns: int, low: float | None, high: float | None
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Header and arrays of the answer."""
    series = quantities.series(view.record, quantity)
    rows = quantities.rows(view.record, quantity)
    first = 0 if low is None else int(np.searchsorted(series.step, low))
    last = len(series.step) if high is None else int(np.searchsorted(series.step, high, "right"))
    wanted = np.asarray([column for column, _ in rows], np.intp)
    # Where all are wanted as they are, millions of cells need not be copied.
    order = None if np.array_equal(wanted, np.arange(len(series.index))) else wanted
    values = _in_order(quantities.matrix(view.record, quantity)[first:last], order)
    steps = series.step[first:last]
    # A step at which this signal was not measured at all is no column: other signals were.
    measured = ~np.isnan(values).all(axis=1) if values.size else np.zeros(len(steps), bool)
    broken = None
    if quantity.nonfinite in series:
        shares = series.values[quantity.nonfinite][first:last]
        if (shares > 0).any():
            broken = np.nan_to_num(_in_order(shares, order))
            measured |= (broken > 0).any(axis=1)
    if not measured.all():
        values, steps = values[measured], steps[measured]
        broken = None if broken is None else broken[measured]
    starts = bins(steps, columns)
    ends = np.append(starts[1:], len(steps)) - 1 if len(starts) else starts
    arrays = {
        "start": steps[starts].astype(np.float64),
        "end": steps[ends].astype(np.float64),
        "values": np.ascontiguousarray(merge(values, starts, quantity.merge).T),
    }
    if broken is not None and (broken > 0).any():
        arrays["nonfinite"] = np.maximum.reduceat(broken, starts, axis=0).T.astype(np.float32)
    header = {
        "schema": 1,
        "length": view.length,
        "signal": quantity.name,
        "rows": [row for _, row in rows],
    }
    return header, arrays


def _in_order(values: NDArray[Any], order: NDArray[np.intp] | None) -> NDArray[Any]:
    return values if order is None else np.take(values, order, axis=1)

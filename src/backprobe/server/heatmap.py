# SPDX-License-Identifier: Apache-2.0
"""The layer × step matrix of one signal, in the order of execution."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from backprobe.server import quantities
from backprobe.server.errors import Refusal, decimal, number
from backprobe.server.payload import binary_response
from backprobe.server.readers import Readers

COLUMNS = 600
MAX_COLUMNS = 4000


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
    found = quantities.series(view.record, quantity)
    rows = quantities.rows(view.record, quantity)
    columns = number(request, "columns", COLUMNS, 1, MAX_COLUMNS)
    order = [column for column, _ in rows]
    low, high = decimal(request, "from"), decimal(request, "to")
    first = 0 if low is None else int(np.searchsorted(found.step, low))
    last = len(found.step) if high is None else int(np.searchsorted(found.step, high, "right"))
    values = quantities.matrix(view.record, quantity)[first:last][:, order]
    steps = found.step[first:last]
    # A step at which this signal was not measured at all is no column: other signals were.
    measured = ~np.isnan(values).all(axis=1) if values.size else np.zeros(len(steps), bool)
    broken = np.zeros_like(values)
    if quantity.nonfinite in found:
        broken = np.nan_to_num(found.values[quantity.nonfinite][first:last][:, order])
        measured |= (broken > 0).any(axis=1)
    values, broken, steps = values[measured], broken[measured], steps[measured]
    starts = bins(steps, columns)
    ends = np.append(starts[1:], len(steps)) - 1 if len(starts) else starts
    arrays = {
        "start": steps[starts].astype(np.float64),
        "end": steps[ends].astype(np.float64),
        "values": merge(values, starts, quantity.merge).T,
    }
    if (broken > 0).any():
        arrays["nonfinite"] = np.maximum.reduceat(broken, starts, axis=0).T.astype(np.float32)
    header = {
        "schema": 1,
        "length": view.length,
        "signal": quantity.name,
        "rows": [row for _, row in rows],
    }
    return binary_response(header, arrays)

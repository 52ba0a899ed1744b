# SPDX-License-Identifier: Apache-2.0
"""Single units of one place over time: how strongly they answer, how often zero or saturated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.errors import number
from backprobe.server.heatmap import bins, merge
from backprobe.server.payload import binary_response
from backprobe.server.readers import Readers

COLUMNS = 400
MOST = 1024
"""Units that are told of; the probe looks at 64 of a place."""
QUANTITIES: Mapping[str, str] = {"rms": "rms", "zero": "mean", "saturated": "mean"}
"""Column of the record → how several looks become one cell."""

Array = NDArray[Any]


def collect(
    blocks: Iterable[Mapping[str, Array]], index: int
) -> tuple[Array, Array, dict[str, Array]]:
    """Steps [k], numbers of units [u], and each quantity [k, u]: NaN where it was not looked at.

    Arguments:
        blocks: frames of the stream `units`.
        index: of the place.
    """
    looks: list[tuple[int, int, dict[str, Array]]] = []
    for block in blocks:
        try:
            looks += _of_block(block, index)
        except (KeyError, IndexError, ValueError, TypeError):
            continue  # a frame that is sound but holds no units: it costs itself only
    looks.sort(key=lambda look: look[0])
    numbers = [np.arange(len(found["rms"])) * every for _, every, found in looks]
    units = np.unique(np.concatenate(numbers))[:MOST] if looks else np.zeros(0, np.int64)
    values = {name: np.full((len(looks), len(units)), np.nan, np.float32) for name in QUANTITIES}
    for row, (own, (_, _, found)) in enumerate(zip(numbers, looks, strict=True)):
        known = np.isin(own, units)
        at = np.searchsorted(units, own[known])
        for name in QUANTITIES:
            values[name][row, at] = found[name][known]
    return np.array([step for step, _, _ in looks], np.int64), units, values


def _of_block(block: Mapping[str, Array], index: int) -> list[tuple[int, int, dict[str, Array]]]:
    ends = np.cumsum(block["length"], dtype=np.int64)
    found = []
    for row in np.flatnonzero(block["index"] == index):
        part = slice(ends[row] - int(block["length"][row]), ends[row])
        values = {name: block[name][part].astype(np.float32) for name in QUANTITIES}
        if any(one.shape != (int(block["length"][row]),) for one in values.values()):
            raise ValueError("fewer values than units")
        found.append((int(block["step"][row]), max(1, int(block["every"][row])), values))
    return found


def units(request: Request) -> Response:
    """`GET /api/runs/{id}/units?index=…`: units of a place over time.

    The header's `units` are their numbers. Arrays: `start` and `end` [columns], the steps that a
    column merges, and `rms`, `zero`, `saturated` [units, columns], absent where never measured.
    """
    readers: Readers = request.app.state.readers
    index = number(request, "index", 0, 0, 1 << 31)
    columns = number(request, "columns", COLUMNS, 1, 2000)
    follower = readers.follow(request.path_params["id"])
    with follower.lock:
        view = follower.view()
        blocks = list(view.log.assembled.units) if view.log else []
    steps, numbers, values = collect(blocks, index)
    starts = bins(steps, columns)
    ends = np.append(starts[1:], len(steps)) - 1 if len(starts) else starts
    arrays = {
        "start": steps[starts].astype(np.float64),
        "end": steps[ends].astype(np.float64),
    }
    for name, how in QUANTITIES.items():
        if not np.isnan(values[name]).all():
            merged = merge(values[name], starts, how)
            arrays[name] = np.ascontiguousarray(merged.T)
    header = {"schema": 1, "length": view.length, "units": numbers.tolist()}
    return binary_response(header, arrays)

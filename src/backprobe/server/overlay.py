# SPDX-License-Identifier: Apache-2.0
"""One or a few keys of many runs at once, thinned; kept in memory: a second look is free."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from backprobe.records import Run
from backprobe.server.diagnoses import log_bytes
from backprobe.server.errors import Refusal, decimal, number
from backprobe.server.payload import binary_response
from backprobe.server.readers import Readers
from backprobe.server.series import Points, along, window
from backprobe.store.downsampling import extremes

POINTS = 600
MOST_RUNS = 500
MOST_KEYS = 16
KEPT_BYTES = 64 << 20
"""Thinned series take at most so much memory together."""
Curve = tuple[int, NDArray[np.float64], NDArray[np.float64]]
"""Rows of the whole series; x and y of what was kept of them."""
Asked = tuple[str, ...]


class Overlays:
    """Thinned series by run, length of its logs, and what was asked; the oldest are let go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Any, ...], list[Curve | None]] = OrderedDict()
        self._bytes = 0

    def get(self, key: tuple[Any, ...]) -> list[Curve | None] | None:
        """The curves, None where they are not kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: tuple[Any, ...], curves: list[Curve | None]) -> None:
        """Keeps curves."""
        with self._lock:
            self._kept[key] = curves
            self._bytes += _size(curves)
            while self._bytes > KEPT_BYTES and len(self._kept) > 1:
                self._bytes -= _size(self._kept.popitem(last=False)[1])


def overlay(request: Request) -> Response:
    """`GET /api/overlay?run=…&run=…&key=…&x=…&points=…&reduce=…&from=…&to=…`.

    `reduce` is `extremes` or `mean` (of each bucket of x: for means over several runs). The header
    lists `run`, `key` and `rows` of each series, or `error`; arrays are `k/x` and `k/y`.
    """
    readers: Readers = request.app.state.readers
    overlays: Overlays = request.app.state.overlays
    wanted = list(dict.fromkeys(request.query_params.getlist("run")))
    keys = tuple(dict.fromkeys(request.query_params.getlist("key")))
    if not 1 <= len(wanted) <= MOST_RUNS or not 1 <= len(keys) <= MOST_KEYS:
        raise Refusal(
            400,
            f"{len(wanted)} runs and {len(keys)} keys: expected run=… once to {MOST_RUNS} times "
            f"and key=… once to {MOST_KEYS} times",
        )
    points = number(request, "points", POINTS, 2, 20_000)
    axis = request.query_params.get("x") or "step"
    reduce = request.query_params.get("reduce") or "extremes"
    if reduce not in ("extremes", "mean"):
        raise Refusal(400, f"reduce={reduce!r}: expected extremes or mean")
    stretch = (decimal(request, "from"), decimal(request, "to"))
    arrays: dict[str, NDArray[Any]] = {}
    listed: list[dict[str, Any]] = []
    for identifier in wanted:
        try:
            run = readers.run(identifier)
        except Refusal as refusal:
            listed += [{"run": identifier, "key": key, "error": str(refusal)} for key in keys]
            continue
        asked = (run.id, run.created, log_bytes(run), keys, axis, reduce, points, stretch)
        curves = overlays.get(asked)
        if curves is None:
            curves = _curves(readers, run, keys, axis, reduce, points, stretch)
            overlays.put(asked, curves)
        for key, curve in zip(keys, curves, strict=True):
            if curve is None:
                listed.append({"run": run.id, "key": key, "error": f"no series {key!r}"})
                continue
            place = len(listed)
            listed.append({"run": run.id, "key": key, "rows": curve[0]})
            arrays[f"{place}/x"], arrays[f"{place}/y"] = curve[1], curve[2]
    return binary_response({"schema": 1, "series": listed}, arrays)


def _curves(
    readers: Readers, run: Run, keys: Asked, axis: str, reduce: str, points: int,
    stretch: tuple[float | None, float | None],
) -> list[Curve | None]:  # fmt: skip
    view = readers.view(run.id)
    found: list[Curve | None] = []
    for key in keys:
        try:
            whole = along(view, key, axis)
        except Refusal:
            found.append(None)
            continue
        x, y = window(whole, *stretch) if stretch != (None, None) else (whole.x, whole.y)
        if reduce == "mean":
            x, y = means(Points(x, y), points)
        else:
            rows = extremes(x, y, points)
            x, y = x[rows], y[rows]
        found.append((len(whole.x), x.astype(np.float64), y.astype(np.float64)))
    return found


def means(found: Points, points: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Means of x and y in at most so many buckets of equal width in x; NaN where one was NaN."""
    if len(found.x) <= points:
        return found.x, found.y
    edges = np.linspace(float(found.x[0]), float(found.x[-1]), points + 1)[1:-1]
    starts = np.unique(np.concatenate([[0], np.searchsorted(found.x, edges)]))
    starts = starts[starts < len(found.x)]
    counts = np.diff(np.append(starts, len(found.x)))
    with np.errstate(invalid="ignore", over="ignore"):
        x = np.add.reduceat(found.x.astype(np.float64), starts) / counts
        y = np.add.reduceat(found.y.astype(np.float64), starts) / counts
    return x, y


def _size(curves: list[Curve | None]) -> int:
    return sum(curve[1].nbytes + curve[2].nbytes + 200 for curve in curves if curve is not None)

# SPDX-License-Identifier: Apache-2.0
"""Histograms of one tensor over time, on the record's bins, which all tensors share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.errors import Refusal, number
from backprobe.server.heatmap import bins
from backprobe.server.payload import binary_response
from backprobe.server.readers import Readers

BINS = 135
"""As `docs/reference/record.md` lists them."""
QUANTITIES = ("gradient", "weight", "update", "output")
"""In the order of the record's numbers."""
COLUMNS = 120


def collect(
    blocks: Iterable[Mapping[str, NDArray[Any]]], quantity: int, index: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Steps [k] and dense counts [k, BINS] of one tensor, steps ascending.

    Arguments:
        blocks: frames of the stream `histograms`.
        quantity: number of the quantity in the record.
        index: of the parameter or place.
    """
    steps: list[int] = []
    counts: list[NDArray[Any]] = []
    for block in blocks:
        try:
            found = _of_block(block, quantity, index)
        except (KeyError, IndexError, ValueError):
            continue  # a frame that is sound but no histogram: it costs itself only
        steps += [step for step, _ in found]
        counts += [dense for _, dense in found]
    if not steps:
        return np.zeros(0, np.int64), np.zeros((0, BINS))
    order = np.argsort(steps, kind="stable")
    return np.asarray(steps, np.int64)[order], np.stack(counts)[order]


def _of_block(
    block: Mapping[str, NDArray[Any]], quantity: int, index: int
) -> list[tuple[int, NDArray[Any]]]:
    rows = np.flatnonzero((block["quantity"] == quantity) & (block["index"] == index))
    ends = np.cumsum(block["length"], dtype=np.int64)
    found = []
    for row in rows:
        begin, end = ends[row] - int(block["length"][row]), ends[row]
        dense = np.zeros(BINS, np.float64)
        np.add.at(dense, block["bins"][begin:end], block["counts"][begin:end])
        found.append((int(block["step"][row]), dense))
    return found


def histograms(request: Request) -> Response:
    """`GET /api/runs/{id}/histograms?quantity=gradient&index=…`: counts over time.

    Arrays: `start` and `end` [columns], the steps that a column adds up, and `counts`
    [columns, BINS].
    """
    readers: Readers = request.app.state.readers
    name = request.query_params.get("quantity", "gradient")
    if name not in QUANTITIES:
        raise Refusal(404, f"no quantity {name!r}; there are {', '.join(QUANTITIES)}")
    index = number(request, "index", 0, 0, 1 << 31)
    columns = number(request, "columns", COLUMNS, 1, 2000)
    follower = readers.follow(request.path_params["id"])
    with follower.lock:
        view = follower.view()
        blocks = list(view.log.assembled.histograms) if view.log else []
    steps, counts = collect(blocks, QUANTITIES.index(name), index)
    starts = bins(steps, columns)
    ends = np.append(starts[1:], len(steps)) - 1 if len(starts) else starts
    merged = np.add.reduceat(counts, starts, axis=0) if len(starts) else counts
    arrays = {
        "start": steps[starts].astype(np.float64),
        "end": steps[ends].astype(np.float64),
        "counts": merged.astype(np.float32),
    }
    return binary_response({"schema": 1, "length": view.length, "bins": BINS}, arrays)

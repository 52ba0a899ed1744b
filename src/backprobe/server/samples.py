# SPDX-License-Identifier: Apache-2.0
"""A few rows of the first batches, as the record keeps them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from backprobe.server.payload import json_response
from backprobe.server.readers import Readers
from backprobe.store.frames import Frame

MOST = 1 << 20
"""Bytes or numbers of one sample; the probe keeps fewer."""


def samples(request: Request) -> Response:
    """`GET /api/runs/{id}/samples`: `samples`, at most one a phase.

    `inputs` are rows of numbers; of pictures `pixels` are bytes in base64, [rows, channels,
    height, width] of `size`, which stand for numbers from `low` to `high`.
    """
    readers: Readers = request.app.state.readers
    follower = readers.follow(request.path_params["id"])
    with follower.lock:
        view = follower.view()
        frames = list(view.log.assembled.samples) if view.log else []
    found = []
    for frame in frames:
        try:
            found.append(_sample(frame))
        except (KeyError, TypeError, ValueError, OverflowError):
            continue  # a frame that is sound but no sample: it costs itself only
    return json_response({"schema": 1, "length": view.length, "samples": found})


def _sample(frame: Frame) -> dict[str, Any]:
    header, given = frame.header, frame.columns
    inputs = given["input"]
    if not 0 < inputs.size <= MOST:
        raise ValueError("of no size to be shown")
    found: dict[str, Any] = {name: int(header[name]) for name in ("step", "evaluation", "rows")}
    found |= {name: bool(header[name]) for name in ("integer", "picture")}
    found["shape"] = [int(side) for side in header["shape"]]
    if found["picture"]:
        if inputs.ndim != 4 or inputs.dtype != np.uint8:
            raise ValueError("no pictures")
        found["size"] = list(inputs.shape)
        found["low"], found["high"] = float(header["low"]), float(header["high"])
        found["pixels"] = base64.b64encode(np.ascontiguousarray(inputs).tobytes()).decode()
    else:
        found["inputs"] = _rows(inputs, found["integer"])
    target = given.get("target")
    found["targets"] = None if target is None else _rows(target, bool(header.get("target_integer")))
    return found


def _rows(values: Any, integer: bool) -> list[list[float]]:
    if values.ndim != 2 or values.size > MOST:
        raise ValueError("no rows")
    whole = integer and bool(np.isfinite(values).all())
    found: list[list[float]] = (values.astype(np.int64) if whole else values).tolist()
    return found

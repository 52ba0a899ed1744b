# SPDX-License-Identifier: Apache-2.0
"""A few rows of the first training and the first evaluation batch, for a person to look at.

They are the user's data, and stay in the run's own folder: what is shared leaves them out unless
they are asked for, and `BACKPROBE_SAMPLES=0` keeps none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.transfer import Transfers

ROWS = 8
SIDE = 64
"""Pixels of a picture's longer side: one in so many of a larger one is kept."""
NUMBERS = 256
"""Of a row that is no picture the first ones."""
TARGETS = 64
MOST_CHANNELS = 4
LEAST_SIDE = 8
"""Smaller arrays are no pictures to look at."""

Deliver = Callable[[dict[str, Any], dict[str, NDArray[Any]]], None]


class Samples:
    """Takes the rows of the first batch of each phase.

    Arguments:
        transfers: brings what is on a device to the host.
        deliver: called with the header and the columns of a frame of the stream `samples`.
        wanted: whether any are taken.
    """

    def __init__(self, transfers: Transfers, deliver: Deliver, wanted: bool) -> None:
        self._transfers = transfers
        self._deliver = deliver
        self._open = {0, 1} if wanted else set()
        self._waiting: tuple[dict[str, Any], Tensor] | None = None

    def take(self, x: Tensor, step: int, evaluation: bool) -> None:
        """Copies the first rows of a batch, the first time; its targets may come later."""
        if int(evaluation) not in self._open or not _usable(x):
            return
        self._open.discard(int(evaluation))
        rows, picture = part(x)
        header = {
            "step": step,
            "evaluation": int(evaluation),
            "rows": x.shape[0],
            "shape": list(x.shape[1:]),
            "integer": not x.is_floating_point(),
            "picture": picture,
        }
        self._waiting = header, rows.clone()

    def finish(self, target: Tensor | None) -> None:
        """Hands on what waits, with its targets where they are known."""
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        header, rows = waiting
        parts = [rows]
        found = None if target is None else _targets(target, header["rows"])
        if found is not None and found.device == rows.device:
            header |= {"target_integer": not found.is_floating_point()}
            parts.append(found)

        def deliver(values: NDArray[np.float32]) -> None:
            inputs = values[: rows.numel()].reshape(rows.shape)
            columns = _pixels(header, inputs) if header["picture"] else {"input": inputs.copy()}
            if len(parts) > 1:
                columns["target"] = values[rows.numel() :].reshape(parts[1].shape).copy()
            self._deliver(header, columns)

        self._transfers.send(parts, deliver)


def part(x: Tensor) -> tuple[Tensor, bool]:
    """The first rows of a batch, each bounded, and whether they are pictures.

    Returns:
        [rows, channels, height, width] of pictures, else [rows, numbers]; a view.
    """
    rows = x.detach()[:ROWS]
    shape = rows.shape[1:]
    if len(shape) == 3 and shape[2] <= MOST_CHANNELS < shape[0]:  # channels last
        rows = rows.movedim(3, 1)
        shape = rows.shape[1:]
    level = x.is_floating_point() or x.dtype == torch.uint8
    if len(shape) == 2 and level and shape[0] == shape[1]:
        rows = rows.unsqueeze(1)  # a sequence of vectors is seldom square
        shape = rows.shape[1:]
    if len(shape) == 3 and shape[0] <= MOST_CHANNELS and min(shape[1:]) >= LEAST_SIDE:
        stride = -(-max(shape[1:]) // SIDE)
        return rows[:, :, ::stride, ::stride], True
    return rows.reshape(len(rows), -1)[:, :NUMBERS], False


def _targets(target: Tensor, rows: int) -> Tensor | None:
    """The first targets [rows, numbers], None where they are not one or more a row."""
    if target.dim() == 0 or target.is_complex() or rows == 0 or target.numel() % rows:
        return None
    whole = target.detach() if len(target) == rows else target.detach().reshape(rows, -1)
    return whole[:ROWS].reshape(min(rows, ROWS), -1)[:, :TARGETS].clone()


def _pixels(header: dict[str, Any], values: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Pictures as bytes between their least and their greatest value, which the header gets."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    header |= {"low": low, "high": high}
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = (values.astype(np.float64) - low) / ((high - low) or 1.0) * 255
    clean = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0)
    return {"input": np.clip(np.rint(clean), 0, 255).astype(np.uint8)}


def _usable(x: Tensor) -> bool:
    if torch._C._get_tracing_state() is not None:
        return False  # what is read of it would become a part of the trace
    dense = type(x) is Tensor and x.layout == torch.strided and not x.is_complex()
    return dense and x.dim() > 0 and x.numel() > 0 and x.device.type != "meta"

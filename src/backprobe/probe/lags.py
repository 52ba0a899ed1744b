# SPDX-License-Identifier: Apache-2.0
"""How many places on the ids lie that a model of sequences is taught: one in a language model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.transfer import Transfers

PLACES = (-1, 0, 1, 2, 3)
"""Places that are tried; before 0 the target lies behind its input."""
BATCHES = 3
"""First batches that are compared, which all have to agree."""
ALIKE = 0.98
"""Share of the targets that are the ids so many places on; chance is far below."""
LEAST = 4
"""Ids of a row below which a row can repeat itself."""


class Lags:
    """Compares the ids of the first batches with their targets.

    Arguments:
        event: writes a fact of the record.
        transfers: brings the result from a device.
    """

    def __init__(self, event: Callable[..., None], transfers: Transfers) -> None:
        self._event = event
        self._transfers = transfers
        self._ids: Tensor | None = None
        self._left = BATCHES
        self._found: list[int] = []

    def take(self, ids: Tensor) -> None:
        """Keeps a training batch's ids [rows, places] until its loss is known."""
        wanted = self._left > 0 and ids.dim() == 2 and ids.shape[1] >= LEAST
        self._ids = ids.detach() if wanted and not ids.is_floating_point() else None

    def finish(self, target: Tensor | None) -> None:
        """Compares with the targets of the loss, flat or by row; negative ones are left out."""
        ids, self._ids = self._ids, None
        if ids is None or target is None or target.is_floating_point():
            return
        rows, places = ids.shape
        width = target.numel() // rows
        if width * rows != target.numel() or not places - 2 <= width <= places:
            return
        if target.device != ids.device or type(target) is not Tensor:
            return
        self._left -= 1
        with torch.no_grad():
            shares = _shares(ids, target.detach().reshape(rows, width))
        self._transfers.send([shares], self._deliver)

    def _deliver(self, shares: NDArray[np.float32]) -> None:
        alike = [place for place, share in zip(PLACES, shares, strict=True) if share >= ALIKE]
        # A row that repeats itself is alike at several places: nothing is told then.
        self._found.append(alike[0] if len(alike) == 1 else 0)
        if len(self._found) == BATCHES and len(set(self._found)) == 1:
            self._event("target-lag", places=self._found[0])


def _shares(ids: Tensor, target: Tensor) -> Tensor:
    """Share of the targets that are the ids so many places on, one a place that is tried."""
    found = []
    width = target.shape[1]
    for place in PLACES:
        first, last = max(0, -place), min(width, ids.shape[1] - place)
        given, wanted = ids[:, first + place : last + place], target[:, first:last]
        counts = wanted >= 0
        found.append(((given == wanted) & counts).sum() / counts.sum().clamp(min=1))
    return torch.stack(found).float()

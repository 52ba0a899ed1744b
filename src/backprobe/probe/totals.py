# SPDX-License-Identifier: Apache-2.0
"""Whether shares of classes that a loss is given add up to 1 over the rows of a batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.transfer import Transfers

BATCHES = 4
"""Batches in a row that have to agree."""
MOST = 16
"""First batches that are looked at: another loss may come first."""
ONE = 0.01
"""Distance of a sum from 1 that rounding makes, at most, of half-precision shares."""
OFF = 0.05
"""Distance of some row's sum from 1 that it does not make."""


class Totals:
    """Adds up the shares of the first batches.

    Arguments:
        event: writes a fact of the record.
        transfers: brings the result from a device.
    """

    def __init__(self, event: Callable[..., None], transfers: Transfers) -> None:
        self._event = event
        self._transfers = transfers
        self._left = MOST
        self._over_rows = 0

    def take(self, shares: Tensor) -> None:
        """Takes what a batch is asked for, [rows, classes], each row of which is normalised."""
        if self._left == 0 or type(shares) is not Tensor or not shares.is_floating_point():
            return
        rows, classes = shares.shape
        if rows == classes or min(rows, classes) < 2:
            return  # of one row and another of the batch: either axis may be meant
        self._left -= 1
        with torch.no_grad():
            given = shares.detach().float()
            by_column, by_row = ((given.sum(dim=axis) - 1.0).abs().max() for axis in (0, 1))
            facts = torch.stack([by_column, by_row, given.min()])
        self._transfers.send([facts], lambda values: self._deliver(values, rows, classes))

    def _deliver(self, values: NDArray[np.float32], rows: int, classes: int) -> None:
        by_column, by_row, least = values.tolist()
        over_rows = by_column < ONE and by_row > OFF and least >= 0.0
        self._over_rows = self._over_rows + 1 if over_rows else 0
        if self._over_rows == BATCHES:
            self._event("shares-over-rows", rows=rows, classes=classes)

# SPDX-License-Identifier: Apache-2.0
"""Whether an input that comes back is asked for the same shares of classes as before.

Those of a teacher that is asked anew are nearly the same; those that were computed once, for rows
in another order, are as different as two rows'. Batches on a device are not looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe import hashes
from backprobe.probe import host as hosts

MOST_ROWS = 1 << 13
"""Rows that are kept, of the last batches."""
MOST_CLASSES = 16
"""Classes of a row that are kept, evenly spaced."""
SUM = 0.01
"""Shares add up to 1 within it."""
CERTAIN = 0.999
"""A share above it is a class id's, and none that was weighed."""
LEAST = 4
"""Batches before anything is told, and from there on after twice as many."""

Ids = NDArray[np.uint64]


class Shares:
    """Keeps rows with what they were asked for.

    Arguments:
        tell: writes an event.
    """

    def __init__(self, tell: Any) -> None:
        self._tell = tell
        self._batches = 0
        self._kept: list[tuple[Ids, Ids, NDArray[np.float32]]] = []
        self._rows = 0

    def take(self, inputs: Ids, shares: Tensor) -> None:
        """Takes a batch.

        Arguments:
            inputs: hashes [rows] of its rows.
            shares: that it is asked for, [rows or more, classes].
        """
        if not hosts.near(shares) or len(shares) < len(inputs):
            return
        if len(shares) == shares.shape[1]:
            return  # of one row and another of the same batch: they move with the others
        asked = hashes.rows(shares)
        if asked is None or len(asked) != len(inputs):
            return
        with torch.no_grad():
            rows = shares.detach()[: len(inputs)].float()
            sums = rows.sum(dim=1)
            weighed = bool(((sums - 1.0).abs() < SUM).all()) and bool(rows.min() >= 0.0)
            if not weighed or float(rows.amax(dim=1).median()) > CERTAIN:
                return
            values = hosts.host(rows[:, :: -(-rows.shape[1] // MOST_CLASSES)]).copy()
        self._kept.append((inputs, asked, values))
        self._rows += len(inputs)
        while self._rows > MOST_ROWS:
            self._rows -= len(self._kept.pop(0)[0])
        self._batches += 1
        if self._batches >= LEAST and self._batches & (self._batches - 1) == 0:
            self.finish()

    def finish(self) -> None:
        """Tells what is known by now."""
        if self._batches >= LEAST and self._kept:
            inputs, asked, values = (np.concatenate(part) for part in zip(*self._kept, strict=True))
            self._tell("shares-asked", **_facts(inputs, asked, values))


def _facts(inputs: Ids, asked: Ids, values: NDArray[np.float32]) -> dict[str, float]:
    """`returned`: pairs of rows of the same input, one after the other.

    `apart`: mean square between what such a pair was asked for, over that of two rows at random:
    0 where it is the same, 1 where it belongs to any row. `moved`: rows whose very shares came
    before with another input, of those that came `again`.
    """
    order = np.argsort(inputs, kind="stable")
    same = inputs[order][1:] == inputs[order][:-1]
    first, second = order[:-1][same], order[1:][same]
    any_two = 2.0 * float(values.var(axis=0).sum())
    apart = np.square(values[first] - values[second]).sum(axis=1)
    between = float(apart.mean()) if apart.size else 0.0
    order = np.argsort(asked, kind="stable")
    again = asked[order][1:] == asked[order][:-1]
    other = inputs[order][1:] != inputs[order][:-1]
    return {
        "rows": len(inputs),
        "returned": int(same.sum()),
        "apart": between / any_two if any_two > 0.0 else 0.0,
        "again": int(again.sum()),
        "moved": int((again & other).sum()),
    }

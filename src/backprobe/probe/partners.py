# SPDX-License-Identifier: Apache-2.0
"""Whether the rows of a batch that are taught to belong together look like one another.

A contrastive loss gives each row the place of its partner in the same batch: the other view of the
same thing. Two views lie side by side, or in the batch's two halves; the loss and what collates
have to agree on it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe import host as hosts
from backprobe.probe.transfer import Transfers

BATCHES = 3
"""First batches that are compared."""
LEAST = 16
"""Rows below which chance decides."""
MOST_ROWS = 1 << 12
MOST_NUMBERS = 1 << 10
"""Of a row, evenly spaced, that are compared."""
CHANCE = (3, 5, 7)
"""Places on, where neither partner is."""


class Partners:
    """Compares rows of the first batches with their partners.

    Arguments:
        event: writes a fact of the record.
        transfers: brings the result from a device.
    """

    def __init__(self, event: Callable[..., None], transfers: Transfers) -> None:
        self._event = event
        self._transfers = transfers
        self._rows: Tensor | None = None
        self._left = BATCHES
        self._found: list[NDArray[np.float32]] = []

    def take(self, x: Tensor) -> None:
        """Keeps a training batch until its loss is known."""
        fits = self._left > 0 and x.dim() > 1 and x.is_floating_point() and type(x) is Tensor
        fits = fits and LEAST <= x.shape[0] <= MOST_ROWS and x.shape[0] % 2 == 0
        self._rows = x.detach() if fits else None

    def finish(self, target: Tensor | None) -> None:
        """Compares them by the targets of the loss, where these are places in the batch."""
        x, self._rows = self._rows, None
        if x is None or target is None or type(target) is not Tensor or target.dtype != torch.int64:
            return
        if target.shape != x.shape[:1] or target.device != x.device:
            return
        target = target.detach()
        if hosts.near(target) and not bool(_paired(target)):
            self._left = 0  # classes, or pairs of two networks
            return
        self._left -= 1
        with torch.no_grad():
            self._transfers.send([_alike(x, target)], self._deliver)

    def _deliver(self, values: NDArray[np.float32]) -> None:
        if values[0] != 1.0 or not np.isfinite(values).all():
            return
        self._found.append(values[1:])
        if len(self._found) == BATCHES:
            taught, beside, halves, across, chance, error = np.mean(self._found, axis=0).tolist()
            self._event(
                "partners",
                taught=taught,
                beside=beside,
                halves=halves,
                across=across,
                chance=chance,
                error=error / BATCHES**0.5,
            )


def _paired(target: Tensor) -> Tensor:
    """Whether each row is the partner of its partner, and none its own."""
    places = torch.arange(len(target), device=target.device)
    inside = target.clamp(0, len(target) - 1)
    return ((inside[inside] == places) & (target != places) & (target == inside)).all()


def _alike(x: Tensor, target: Tensor) -> Tensor:
    """Mean correlations of rows, less the batch's mean row.

    Returns:
        Whether the targets are partners; correlations with the row that is taught, the one beside
        it, the same one of the other half, the one on its other side, and any; the standard error
        of such a mean.
    """
    rows = len(x)
    flat = x.reshape(rows, -1)
    flat = flat[:, :: -(-flat.shape[1] // MOST_NUMBERS)].float()
    flat = flat - flat.mean(dim=0)
    flat = flat - flat.mean(dim=1, keepdim=True)
    flat = flat / flat.norm(dim=1, keepdim=True).clamp(min=1e-12)
    places = torch.arange(rows, device=x.device)
    taught = target.clamp(0, rows - 1)

    def mean(partner: Tensor) -> Tensor:
        return torch.mean((flat * flat[partner]).sum(dim=1))

    far = torch.stack([(flat * flat.roll(by, 0)).sum(dim=1) for by in CHANCE])
    return torch.stack(
        [
            _paired(target).float(),
            mean(taught),
            mean(places ^ 1),
            mean(places.roll(rows // 2)),
            mean((((places + 1) ^ 1) - 1) % rows),
            far.mean(),
            far.std() / (rows / 2) ** 0.5,
        ]
    )

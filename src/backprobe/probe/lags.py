# SPDX-License-Identifier: Apache-2.0
"""How many places on the ids lie that a model of sequences is taught: one in a language model.

And whether a decoder, the second part that looks up ids, is fed the very ones that it is taught,
or those before them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
MOST = 64
"""Embeddings of one step that are compared."""
LOOKS = 2
"""First batches whose looked-up ids are compared: those whose operations are seen."""


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
        self._looked_up: list[tuple[int, Tensor]] = []
        self._fed: list[int] = []

    def take(self, ids: Tensor) -> None:
        """Keeps a training batch's ids [rows, places] until its loss is known."""
        wanted = self._left > 0 and ids.dim() == 2 and ids.shape[1] >= LEAST
        self._ids = ids.detach() if wanted and not ids.is_floating_point() else None

    def look_up(self, found: Sequence[tuple[int, Tensor]]) -> None:
        """Keeps the ids that a forward's embeddings were given, each with its module's number."""
        if len(self._fed) < LOOKS:
            self._looked_up += [
                (module, ids.detach())
                for module, ids in found
                if ids.dim() == 2 and ids.shape[1] >= LEAST and type(ids) is Tensor
            ]
            del self._looked_up[MOST:]

    def finish(self, target: Tensor | None) -> None:
        """Compares with the targets of the loss, flat or by row; negative ones are left out."""
        if target is not None:
            looked_up, self._looked_up = self._looked_up, []
            if len(looked_up) > 1 and not target.is_floating_point():
                self._compare(looked_up, target)
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
        self._transfers.send([shares], lambda values: self._deliver(values, places, width))

    def _compare(self, looked_up: Sequence[tuple[int, Tensor]], target: Tensor) -> None:
        """Looks for ids that are the targets themselves, where the first ones looked up are not."""
        shares, modules = [], []
        with torch.no_grad():
            for module, ids in looked_up:
                rows = ids.shape[0]
                width = target.numel() // max(1, rows)
                if rows * width != target.numel() or abs(ids.shape[1] - width) > 2:
                    shares.append(torch.zeros(2, device=target.device))
                elif ids.device != target.device or type(target) is not Tensor:
                    return
                else:
                    wanted = target.detach().reshape(rows, width)
                    shares.append(_shares(ids, wanted)[[PLACES.index(0), PLACES.index(1)]])
                modules.append(module)

        def deliver(values: NDArray[np.float32]) -> None:
            same, shifted = values.reshape(-1, 2).T >= ALIKE
            # Ids of an encoder may be those that are taught: what is compressed, or copied.
            fed = same[1:].any() and not same[0] and not shifted.any()
            if shifted.any() and not self._fed:
                self._event("fed-before")
            self._fed.append(modules[int(same.argmax())] if fed else -1)
            if len(self._fed) == LOOKS and len(set(self._fed)) == 1 and self._fed[0] >= 0:
                self._event("fed-targets", module=self._fed[0])

        self._transfers.send(shares, deliver)

    def _deliver(self, shares: NDArray[np.float32], length: int, width: int) -> None:
        alike = [place for place, share in zip(PLACES, shares, strict=True) if share >= ALIKE]
        # A row that repeats itself is alike at several places: nothing is told then.
        self._found.append(alike[0] if len(alike) == 1 else 0)
        if len(self._found) == BATCHES and len(set(self._found)) == 1:
            self._event("target-lag", places=self._found[0], length=length, width=width)


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

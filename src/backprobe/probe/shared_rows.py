# SPDX-License-Identifier: Apache-2.0
"""Which rows of one embedding table each of several fields looks up.

Fields that share a table each have rows of their own, which begin where those of the one before
end. Where that start was not added to a field's ids all fields use the first rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.transfer import Transfers

BATCHES = 16
"""First batches whose ids are counted."""
MOST_FIELDS = 64
MOST = 1 << 20
"""Of fields times rows."""


class SharedRows:
    """Counts what the columns of a network's first table of ids look up.

    Arguments:
        event: writes a fact of the record.
        transfers: brings the result from a device.
    """

    def __init__(self, event: Callable[..., None], transfers: Transfers) -> None:
        self._event = event
        self._transfers = transfers
        self._tables: dict[int, int] = {}
        self._ids: list[Tensor] = []
        self._columns: list[int] | None = None
        self._seen: Tensor | None = None
        self._left = BATCHES

    def look_up(self, found: Sequence[tuple[int, Tensor, int]]) -> None:
        """Takes a forward's look-ups: the module, its ids ([rows, fields] or [rows]), the rows."""
        if self._tables or self._left <= 0:
            return
        for module, ids, rows in found:
            mine = [each for at, each, _ in found if at == module]
            several = len(mine) == 1 and ids.dim() == 2 and ids.shape[1] > 1
            alone = len(mine) > 1 and all(i.dim() == 1 and i.shape == ids.shape for i in mine)
            if (several or alone) and not self._tables:
                self._ids = [each.detach() for each in mine]
            same = [id(each) for each in self._ids] == [id(each) for each in mine]
            if same or (self._ids and _alike(self._ids, mine)):
                self._tables[module] = rows

    def take(self, x: Tensor) -> None:
        """Counts a training batch's ids, where they were looked up as they are."""
        if self._left <= 0 or not self._tables:
            return
        if self._ids:
            self._columns, self._ids = _columns(self._ids, x), []
        if self._columns is None or x.dim() != 2 or max(self._columns) >= x.shape[1]:
            self._left = 0
            return
        fields, rows = len(self._columns), max(self._tables.values())
        if not 1 < fields <= MOST_FIELDS or fields * rows > MOST:
            self._left = 0
            return
        self._left -= 1
        with torch.no_grad():
            if self._seen is None:
                self._seen = torch.zeros(fields, rows, device=x.device)
            if self._seen.device != x.device:
                self._left = 0
                return
            ids = x.detach()[:, self._columns].T.long().clamp(0, rows - 1)
            self._seen.scatter_(1, ids, 1.0)
            if self._left:
                return
            places = torch.arange(1, rows + 1, device=x.device)
            ends = torch.stack([(self._seen * places).amax(1), self._seen.sum(1)])
        self._seen = None
        self._transfers.send([ends], self._deliver)

    def finish(self, target: Tensor | None) -> None:
        """Nothing is compared with the targets."""

    def _deliver(self, values: NDArray[np.float32]) -> None:
        widths, distinct = values.reshape(2, -1).astype(int).tolist()
        for module, rows in self._tables.items():
            if sum(widths) <= rows:  # else a field's rows are others' too by any count
                self._event(
                    "fields-of-table", module=module, rows=rows, widths=widths, distinct=distinct
                )


def _alike(first: Sequence[Tensor], second: Sequence[Tensor]) -> bool:
    """Whether two look-ups are of the very same ids."""
    return len(first) == len(second) and all(
        a.data_ptr() == b.data_ptr() and a.shape == b.shape and a.stride() == b.stride()
        for a, b in zip(first, second, strict=True)
    )


def _columns(ids: Sequence[Tensor], x: Tensor) -> list[int] | None:
    """The columns of a batch that were looked up; None where it was something else."""
    if type(x) is not Tensor or x.dim() != 2 or x.is_floating_point() or x.dtype == torch.bool:
        return None
    if len(ids) == 1 and ids[0].dim() == 2:
        return list(range(x.shape[1])) if _alike(ids, [x]) else None
    places = {x[:, at].data_ptr(): at for at in range(min(x.shape[1], MOST_FIELDS))}
    found = [places.get(each.data_ptr(), -1) for each in ids]
    fits = all(each.stride() == x[:, 0].stride() and len(each) == len(x) for each in ids)
    return found if fits and -1 not in found and len(set(found)) == len(found) else None

# SPDX-License-Identifier: Apache-2.0
"""Whether the edges of a batch of graphs reach all of its graphs, or the nodes of one alone.

A batch of graphs is one large graph: its nodes lie end to end, and the ends of each one's edges are
moved by the nodes before it. Where they are not, every edge is among the first nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backprobe.probe.transfer import Transfers

LOOKS = 2
"""First forwards that are looked at, which both have to agree."""
GRAPHS = 4
"""Graphs of a batch, from which it can't be that one alone has edges."""
MOST = 64
"""Operations of one forward that are looked at."""
TAKES = frozenset({"__getitem__", "index_select"})
PUTS = frozenset({"index_add", "index_add_", "scatter_add", "scatter_add_", "scatter_reduce",
                  "scatter_reduce_", "index_reduce", "index_reduce_"})  # fmt: skip


@dataclass(frozen=True)
class Picked:
    """An operation that takes rows of a table by their number, or adds to them.

    Arguments:
        puts: whether it adds.
        rows: of the table.
        index: [n] numbers of rows.
    """

    puts: bool
    rows: int
    index: Tensor


def picked(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Picked | None:
    """What an operation of that name with these arguments picks along the first axis, or None."""
    if name not in TAKES and name not in PUTS:
        return None
    given = [*args, *(kwargs[key] for key in ("dim", "index") if key in kwargs)]
    if name != "__getitem__":
        given = given[:1] + given[2:] if given[1:2] == [0] else []
    table, index = given[:2] if len(given) > 1 else (None, None)
    if not isinstance(table, Tensor) or type(index) is not Tensor or index.dtype != torch.int64:
        return None
    if index.dim() == 2 and name.startswith("scatter"):
        index = index[:, 0]
    if index.dim() != 1 or table.dim() == 0 or not table.is_floating_point():
        return None
    return Picked(name in PUTS, table.shape[0], index.detach())


class Edges:
    """Compares the ends of edges with how many nodes the graphs of a batch have.

    Arguments:
        event: writes a fact of the record.
        transfers: brings the result from a device.
    """

    def __init__(self, event: Callable[..., None], transfers: Transfers) -> None:
        self._event = event
        self._transfers = transfers
        self._found: list[bool] = []
        self._left = LOOKS

    def look(self, found: Sequence[Picked]) -> None:
        """Takes what the operations of a forward picked."""
        if self._left == 0:
            return
        for pool in found:
            nodes = pool.index.numel()
            if not pool.puts or not GRAPHS <= pool.rows < nodes:
                continue
            ends = [p for p in found if p.rows == nodes and p.index.numel() > 0]
            if len({p.puts for p in ends}) < 2 or len({p.index.device for p in found}) > 1:
                continue
            self._left -= 1
            self._transfers.send([_facts(pool, ends)], self._deliver(nodes))
            return

    def _deliver(self, nodes: int) -> Callable[[NDArray[np.float32]], Any]:
        def deliver(values: NDArray[np.float32]) -> None:
            last, largest, graphs = (int(value) for value in values)
            self._found.append(graphs >= GRAPHS and last < largest)
            if len(self._found) == LOOKS and all(self._found):
                self._event("edges-inside", nodes=nodes, graphs=graphs, last=last, largest=largest)

        return deliver


def _facts(pool: Picked, ends: Sequence[Picked]) -> Tensor:
    """The last node with an edge, the nodes of the largest graph, and how many graphs there are."""
    with torch.no_grad():
        ones = torch.ones(pool.index.numel(), device=pool.index.device)
        sizes = torch.zeros(pool.rows, device=pool.index.device).index_add_(0, pool.index, ones)
        last = torch.stack([end.index.max() for end in ends]).max()
        return torch.stack([last.float(), sizes.max(), (sizes > 0).sum().float()])

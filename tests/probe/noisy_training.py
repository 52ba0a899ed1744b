# SPDX-License-Identifier: Apache-2.0
"""Ranks of a launcher at fixed weights, on rows drawn from a known population.

Arguments: the number of micro-batches a step; "ddp" (all but the last under `no_sync`), "fsdp"
or "hsdp" (shards that the ranks share).
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

STEPS = 40
ROWS = 4
POPULATION = 256


def problem() -> tuple[nn.Sequential, Tensor, Tensor]:
    """The network, and the population's inputs and classes."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 40), nn.Tanh(), nn.Linear(40, 3))
    x = torch.randn(POPULATION, 6)
    y = ((x[:, 0] > 0).long() + (x[:, 1] > 0.5)) % 3
    return net, x, y


def drawn(rank: int) -> Tensor:
    """Which rows of the population a rank draws, [STEPS * 2, ROWS]."""
    generator = torch.Generator().manual_seed(100 + rank)
    return torch.randint(0, POPULATION, (STEPS * 2, ROWS), generator=generator)


def main() -> None:
    """Steps without moving."""
    micro, way = int(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    net, x, y = problem()
    model: Any = net
    if way == "ddp":
        model = nn.parallel.DistributedDataParallel(net)
    else:
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        shape, names = ((2,), ("shard",)) if way == "fsdp" else ((2, 1), ("replicate", "shard"))
        mesh = init_device_mesh("cpu", shape, mesh_dim_names=names)
        for layer in net[0], net[2]:
            fully_shard(layer, mesh=mesh)
        fully_shard(net, mesh=mesh)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    batches = iter(drawn(dist.get_rank()))
    for _ in range(STEPS):
        optimizer.zero_grad()
        for number in range(micro):
            rows = next(batches)
            waits = way == "ddp" and number < micro - 1
            with model.no_sync() if waits else contextlib.nullcontext():
                (F.cross_entropy(model(x[rows]), y[rows]) / micro).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1e-3)
        optimizer.step()
    dist.barrier()
    # What holds the group last joins its threads with the interpreter's lock, which they may want.
    del model, net, optimizer
    dist.destroy_process_group()


if __name__ == "__main__":
    if "RANK" in os.environ:
        main()

# SPDX-License-Identifier: Apache-2.0
"""A small classifier over all ranks of a launcher; notes each rank's losses in `<rank>.json`.

Arguments: plain, ddp, fsdp, whole (FSDP in one group), long (FSDP for more steps), drift (DDP, and
rank 1 changes a weight), early (rank 1 stops after three steps; no gradients are exchanged), spawn
(two DDP ranks started from here), and of a Llama of Transformers, with two micro-batches a step:
llama (FSDP, bf16, checkpoints), llama-ddp (looking for unused parameters), llama-fsdp1.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F  # as users write it
from torch import nn

STEPS = 8
LONG = 300


def train(way: str, rank: int, world: int) -> list[float]:
    """The losses of this rank's part of the batches."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 17), nn.ReLU(), nn.Linear(17, 4))
    model: nn.Module = net
    if way in ("ddp", "drift", "spawn"):
        model = nn.parallel.DistributedDataParallel(net)
    elif way in ("fsdp", "long", "whole"):
        from torch.distributed.fsdp import fully_shard

        if way != "whole":
            fully_shard(net[0])
            fully_shard(net[2])
        fully_shard(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    generator = torch.Generator().manual_seed(1)
    rows = 16 // world
    losses = []
    for step in range(LONG if way == "long" else STEPS):
        x = torch.randn(16, 8, generator=generator)[rank * rows : (rank + 1) * rows]
        y = torch.randint(0, 4, (16,), generator=generator)[rank * rows : (rank + 1) * rows]
        if way == "drift" and rank == 1 and step == 3:
            with torch.no_grad():
                next(net.parameters()).mul_(1.01)
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if way == "early" and rank == 1 and step == 2:
            break
    return losses


def train_llama(way: str, rank: int) -> list[float]:
    """As people shard a language model: block by block, in bf16, with checkpointed blocks."""
    import transformers
    from torch.distributed.fsdp import (
        FullyShardedDataParallel,
        MixedPrecisionPolicy,
        fully_shard,
    )

    torch.manual_seed(0)
    net: Any = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=40, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, use_cache=False,
        )
    )  # fmt: skip
    if way == "llama-ddp":
        net = nn.parallel.DistributedDataParallel(net, find_unused_parameters=True)
    elif way == "llama-fsdp1":
        net = FullyShardedDataParallel(net, device_id=torch.device("cpu"), use_orig_params=True)
    else:
        net.activation_checkpointing_enable({"use_reentrant": False})
        policy = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
        for layer in net.model.layers:
            fully_shard(layer, mp_policy=policy)
        fully_shard(net, mp_policy=policy)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    torch.manual_seed(1 + rank)
    losses = []
    for _ in range(STEPS):
        for _ in range(2):
            ids = torch.randint(0, 40, (2, 12))
            loss = net(input_ids=ids, labels=ids).loss
            (loss / 2).backward()
            losses.append(loss.item())
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return losses


def note(rank: int, losses: list[float]) -> None:
    """Leaves this rank's losses in a file: lines of two processes can mix on a terminal."""
    Path(f"{rank}.json").write_text(json.dumps(losses))


def spawned(rank: int, folder: str) -> None:
    """A rank of a process group that only `init_process_group` knows of."""
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    losses = train("spawn", rank, 2)
    note(rank, losses)
    dist.destroy_process_group()


def main() -> None:
    """Trains this rank."""
    way = sys.argv[1]
    torch.set_num_threads(1)
    if way == "spawn":
        torch.multiprocessing.spawn(  # type: ignore[attr-defined, no-untyped-call]
            spawned, (os.getcwd(),), nprocs=2
        )
        return
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1:
        dist.init_process_group("gloo")
    losses = train_llama(way, rank) if way.startswith("llama") else train(way, rank, world)
    note(rank, losses)
    if world > 1:
        if way != "early":
            # A rank that leaves first ends the other's transport threads under it.
            gc.collect()
            dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()

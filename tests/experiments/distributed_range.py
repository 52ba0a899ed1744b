# SPDX-License-Identifier: Apache-2.0
"""A range test on one of two gloo ranks, each with rows of its own; what it found goes to a file.

Arguments: rank, folder.
"""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn

from backprobe.experiments.lr_finder import LRFinder
from tests.experiments.nets import classifier, loader


def main() -> None:
    """One rank."""
    rank, folder = int(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    model = nn.parallel.DistributedDataParallel(classifier())
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    before = [one.clone() for one in model.parameters()]
    finder = LRFinder(model, optimizer, nn.CrossEntropyLoss())
    finder.range_test(loader(seed=rank), num_iter=60, repeats=2)
    same = all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    found = {
        "suggestion": finder.suggestion(),
        "losses": [one.loss for one in finder.sweeps],
        "restored": finder.restored and same,
    }
    (folder / f"{rank}.json").write_text(json.dumps(found))
    # DDP's reducer holds the group, and a rank that leaves first ends the other's transport threads
    # under it: now and then that one aborted at its exit.
    del finder, optimizer, model
    gc.collect()
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()

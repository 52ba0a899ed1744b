# SPDX-License-Identifier: Apache-2.0
"""Trains on two ranks until they are killed, and notes each row that it logged in its own file.

After each `backprobe.log` that returned, the row's number is appended to `<rank>.rows`, and after
each optimizer step the time to `<rank>.steps`, by `os.write`: in the page cache, whatever comes.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import time

import torch
import torch._dynamo  # DDP needs it: here, so that the ranks need not load it each time
import torch.distributed as dist
import torch.nn.functional as F  # as users write it
from torch import nn

import backprobe
import backprobe.probe.entry

LOADED = backprobe.init, backprobe.watch, backprobe.log


def train(folder: str) -> None:
    """Trains until somebody ends it."""
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    rows = os.open(os.path.join(folder, f"{rank}.rows"), flags)
    steps = os.open(os.path.join(folder, f"{rank}.steps"), flags)
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    model = nn.parallel.DistributedDataParallel(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    backprobe.init(project="killed")
    backprobe.watch(net)
    number = 0
    while True:
        loss = F.cross_entropy(model(torch.randn(4, 8)), torch.randint(0, 4, (4,)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        os.write(steps, struct.pack("<d", time.time()))
        for _ in range(3):
            backprobe.log({"number": number, "loss": loss.item()})
            os.write(rows, struct.pack("<q", number))
            number += 1


def main() -> None:
    """Forks two ranks for each line of standard input, and tells their process ids."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are nobody's to wait for
    for line in sys.stdin:
        asked = json.loads(line)
        pids = []
        for rank in range(2):
            pid = os.fork()
            if pid == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
                os.environ.update(asked["environment"], RANK=str(rank), WORLD_SIZE="2")
                try:
                    train(asked["folder"])
                finally:
                    os._exit(1)
            pids.append(pid)
        print(json.dumps(pids), flush=True)


if __name__ == "__main__":
    main()

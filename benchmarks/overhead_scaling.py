# SPDX-License-Identifier: Apache-2.0
"""How the cost of watching grows with the number of tensors and of parameters.

`python benchmarks/overhead_scaling.py [--tensors 10,30,…] [--parameters 10000,…] [--rounds N]`
trains chains of square linear layers with Adam on a batch of 32, bare and watched in full at every
step (`watch(log="all", log_freq=1)`: no budget, histograms too), in turns. Of each size it prints
the CPU time of a bare step, what a watched one costs more (median over the rounds, with the
quartiles) and that by tensor or by parameter. The first table holds the parameters near 100,000,
the second the tensors at 20.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

BLOCK_SECONDS = 0.25
LAYER_TENSORS = 2
DENSE = 12


def child(tensors: int, parameters: int, rounds: int) -> None:
    """Prints what one size costs, in seconds a step, as JSON."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    import backprobe
    from backprobe import session

    torch.set_num_threads(1)
    torch.manual_seed(0)
    layers = tensors // LAYER_TENSORS
    width = max(2, round((parameters / layers) ** 0.5))
    model = nn.Sequential(*[nn.Linear(width, width) for _ in range(layers)])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    x, y = torch.randn(32, width), torch.randn(32, width)

    def steps(count: int) -> None:
        for _ in range(count):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            loss.item()

    def watched(count: int) -> float:
        backprobe.watch(model, log="all", log_freq=1)
        began = time.process_time()
        steps(count)
        running = session.current()
        if running is not None:
            running.flush()
        spent = time.process_time() - began
        backprobe.unwatch(model)
        return spent

    os.environ["BACKPROBE_SILENT"] = "1"
    backprobe.init(project="scaling")
    steps(3)
    began = time.process_time()
    steps(1)
    count = max(1, round(BLOCK_SECONDS / max(1e-6, time.process_time() - began)))
    watched(DENSE)
    bare, more = [], []
    for _ in range(rounds):
        began = time.process_time()
        steps(count)
        bare.append((time.process_time() - began) / count)
        more.append(watched(count) / count - bare[-1])
    size = sum(p.numel() for p in model.parameters())
    print(json.dumps({"bare": statistics.median(bare), "more": more, "parameters": size}))
    os._exit(0)


def line(tensors: int, parameters: int, rounds: int) -> str:
    """One size's line of the table."""
    size = ["--child", str(tensors), str(parameters)]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, __file__, "--rounds", str(rounds), *size],
            env={**os.environ, "OMP_NUM_THREADS": "1", "BACKPROBE_DIR": folder},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode or not done.stdout.strip():
        return f"{tensors:7} {parameters:11}  failed: {done.stderr.strip()[-200:]}"
    found = json.loads(done.stdout.strip().splitlines()[-1])
    low, middle, high = statistics.quantiles(found["more"], n=4)
    return (
        f"{tensors:7} {found['parameters']:11} {found['bare'] * 1e3:9.2f} "
        f"{middle * 1e3:9.3f} ({low * 1e3:.3f}–{high * 1e3:.3f}) "
        f"{1 + middle / found['bare']:7.3f}x {middle / tensors * 1e6:9.2f} "
        f"{middle / found['parameters'] * 1e9:9.3f}"
    )


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tensors", default="10,30,100,300,1000,3000")
    parser.add_argument("--parameters", default="10000,100000,1000000,10000000,100000000")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--child", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], options.child[1], options.rounds)
        return
    head = "tensors  parameters   bare ms   more ms (quartiles)        ratio  us/tensor  ns/param"
    print(head)
    for tensors in [int(n) for n in options.tensors.split(",") if n]:
        print(line(tensors, 100_000, options.rounds), flush=True)
    print(head)
    for parameters in [int(n) for n in options.parameters.split(",") if n]:
        print(line(20, parameters, options.rounds), flush=True)


if __name__ == "__main__":
    main()

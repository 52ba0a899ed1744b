# SPDX-License-Identifier: Apache-2.0
"""What watching costs: CPU time of a watched step over a bare one, beside `wandb.watch`.

`python benchmarks/overhead.py [--models mlp,cnn,gpt] [--rounds N]`. Each watcher runs in a process
of its own, which alternates blocks of bare and watched steps, so that a drift of the machine hits
both; the figure is the median over the rounds of watched / bare process CPU time, one thread.
Everything is observed at every step (`budget=None`, histograms each step; wandb: `log="all",
log_freq=1` and one `log` a step) unless the column says otherwise. wandb's service process is not
counted against it.
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
from collections.abc import Callable
from typing import Any

WATCHERS = ("backprobe", "backprobe-budget", "wandb")
STEPS = {"mlp": 200, "cnn": 12, "gpt": 6}


def build(name: str) -> tuple[Any, Callable[[], float]]:
    """A model and a function that does one training step of it."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.manual_seed(0)
    if name == "mlp":
        model = nn.Sequential(
            nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
        )
        x, y = torch.randn(64, 20), torch.randint(0, 10, (64,))
    elif name == "cnn":  # the seed report's CNN: 4 weight tensors, 1.2 million parameters
        model = nn.Sequential(
            nn.Conv2d(1, 32, 3),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(64 * 12 * 12, 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        )
        x, y = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    else:
        model = gpt()
        x = torch.randint(0, 1000, (4, 64))
        y = torch.randint(0, 1000, (4, 64))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step() -> float:
        optimizer.zero_grad()
        out = model(x)
        loss = F.cross_entropy(out.reshape(-1, out.shape[-1]), y.reshape(-1))
        loss.backward()
        optimizer.step()
        return loss.item()

    return model, step


def gpt() -> Any:
    """Six pre-norm blocks of width 128, as people write them: 77 tensors, 1.5 M parameters."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    class Block(nn.Module):
        def __init__(self, d: int, heads: int) -> None:
            super().__init__()
            self.heads = heads
            self.ln1, self.ln2 = nn.LayerNorm(d), nn.LayerNorm(d)
            self.qkv, self.proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
            self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            b, t, d = x.shape
            q, k, v = self.qkv(self.ln1(x)).split(d, dim=2)
            q, k, v = (z.view(b, t, self.heads, -1).transpose(1, 2) for z in (q, k, v))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.proj(y.transpose(1, 2).reshape(b, t, d))
            return x + self.down(F.gelu(self.up(self.ln2(x))))

    class GPT(nn.Module):
        def __init__(self, vocabulary: int = 1000, d: int = 128, layers: int = 6) -> None:
            super().__init__()
            self.wte, self.wpe = nn.Embedding(vocabulary, d), nn.Embedding(64, d)
            self.blocks = nn.ModuleList(Block(d, 4) for _ in range(layers))
            self.ln = nn.LayerNorm(d)
            self.head = nn.Linear(d, vocabulary, bias=False)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.head(self.ln(x))

    return GPT()


def child(watcher: str, name: str, rounds: int) -> None:
    """Prints the ratios of one watcher on one model as JSON."""
    import torch

    torch.set_num_threads(1)
    model, step = build(name)
    steps = STEPS[name]
    for _ in range(max(5, steps // 4)):
        step()
    recorded = 0
    if watcher == "wandb":
        import wandb

        wandb.init(mode="offline", project="overhead", settings=wandb.Settings(silent=True))

        def attach() -> None:
            wandb.watch(model, log="all", log_freq=1)

        def detach() -> None:
            wandb.unwatch(model)

        def watched() -> None:
            wandb.log({"loss": step()})
    else:
        import backprobe
        from backprobe.probe import entry

        os.environ["BACKPROBE_SILENT"] = "1"
        backprobe.init(project="overhead")

        def attach() -> None:
            if watcher == "backprobe":
                backprobe.watch(model, log="all", log_freq=1)
            else:
                backprobe.watch(model)

        def detach() -> None:
            backprobe.unwatch(model)

        def watched() -> None:
            step()

    ratios = []
    attach()
    for _ in range(12):  # past the dense start, where the graph is read
        watched()
    detach()
    for turn in range(rounds):
        spent = {}
        for kind in ("bare", "watched") if turn % 2 else ("watched", "bare"):
            if kind == "watched":
                attach()
            began = time.process_time()
            for _ in range(steps):
                watched() if kind == "watched" else step()
            spent[kind] = time.process_time() - began
            if kind == "watched":
                detach()
        ratios.append(spent["watched"] / spent["bare"])
        bare = spent["bare"] / steps
    if watcher.startswith("backprobe"):
        found = entry.current()
        recorded = found.state.budget.observed if found else 0
    print(json.dumps({"ratios": ratios, "bare": bare, "recorded": recorded}))
    os._exit(0)


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default="mlp,cnn,gpt")
    parser.add_argument("--watchers", default=",".join(WATCHERS))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], options.child[1], options.rounds)
        return
    print(f"{'model':6} {'watcher':18} {'watched/bare':>12} {'quartiles':>16} {'bare ms':>8}  seen")
    for name in options.models.split(","):
        for watcher in options.watchers.split(","):
            with tempfile.TemporaryDirectory() as folder:
                environment = {
                    **os.environ,
                    "OMP_NUM_THREADS": "1",
                    "BACKPROBE_DIR": folder,
                    "WANDB_DIR": folder,
                }
                done = subprocess.run(
                    [
                        sys.executable,
                        __file__,
                        "--rounds",
                        str(options.rounds),
                        "--child",
                        watcher,
                        name,
                    ],
                    env=environment,
                    cwd=folder,
                    capture_output=True,
                    text=True,
                    check=False,
                )
            if done.returncode or not done.stdout.strip():
                print(f"{name:6} {watcher:18} failed: {done.stderr.strip()[-300:]}")
                continue
            found = json.loads(done.stdout.strip().splitlines()[-1])
            low, middle, high = statistics.quantiles(found["ratios"], n=4)
            seen = found["recorded"] or ""
            print(
                f"{name:6} {watcher:18} {middle:11.3f}x {low:7.3f}-{high:.3f}x "
                f"{found['bare'] * 1e3:8.2f}  {seen}",
                flush=True,
            )


if __name__ == "__main__":
    main()

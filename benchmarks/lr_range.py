# SPDX-License-Identifier: Apache-2.0
"""Learning-rate finders: how much is lost by training at what they suggest?

    python benchmarks/lr_range.py [TASK…] [--repeats 3] [--json FILE] [--only TOOL] [--seconds S]

Twenty small tasks. The truth is a grid of 13 constant rates from 1e-5 to 10; each, and each
suggestion, is trained for real: 200 steps, two seeds, loss on held-out rows. What is lost is the
share of the loss's fall, from the untrained network to the best of the grid, that the suggestion
gives up; divergence loses all, and so does a suggestion that is refused. With --json what was
measured is kept, and a later call goes on from there. fastai, pytorch-lr-finder and Lightning take
part where they are installed: pip install fastai torch-lr-finder lightning.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a script, this folder is no package
from benchmarks.range_test.tasks import TASKS, Task, endless
from benchmarks.range_test.tools import installed

STEPS = 200
SEEDS = (0, 1)
GRID = tuple(10.0 ** (-5 + 0.5 * place) for place in range(13))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures what is missing, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tasks", nargs="*")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--only", default=None, help="one tool")
    parser.add_argument("--seconds", type=float, default=math.inf, help="stop after so long")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    end = time.monotonic() + given.seconds
    kept: dict[str, Any] = {}
    if given.json is not None and given.json.exists():
        kept = json.loads(given.json.read_text())
    tools = {n: s for n, s in installed().items() if given.only in (None, n)}
    for task in TASKS:
        if given.tasks and task.name not in given.tasks:
            continue
        row = kept.setdefault(task.name, {"suggested": {}})
        if "grid" not in row:
            if time.monotonic() > end:
                break
            row["untrained"] = statistics.fmean(task.judge(task.make(s, 1.0)[0]) for s in SEEDS)
            row["grid"] = [trained(task, rate) for rate in GRID]
            _keep(given.json, kept)
        for name, suggest in tools.items():
            made = row["suggested"].setdefault(name, [])
            repeats = 1 if name == "default rate" else given.repeats
            while len(made) < repeats and time.monotonic() <= end:
                rate = suggest(task, len(made))
                loss = None if rate is None else trained(task, rate)
                made.append({"rate": rate, "loss": loss})
                _keep(given.json, kept)
        print(line(task.name, row), flush=True)
    print(summary(kept))
    return 0


def trained(task: Task, rate: float) -> float:
    """Mean held-out loss after training at a rate; infinite where it diverged."""
    losses = []
    for seed in SEEDS:
        network, optimizer = task.make(seed, rate)
        criterion, batches = task.criterion(), endless(task.loader(seed + 100))
        network.train()
        for _ in range(STEPS):
            x, y = next(batches)
            optimizer.zero_grad()
            loss = criterion(network(x), y)
            if not torch.isfinite(loss):
                return math.inf
            loss.backward()
            optimizer.step()
        losses.append(task.judge(network))
    return statistics.fmean(losses)


def lost(row: dict[str, Any], loss: float | None) -> float:
    """Share of the fall that a suggestion's loss gives up, 0 to 1."""
    best = min(value for value in row["grid"] if math.isfinite(value))
    if loss is None or not math.isfinite(loss):
        return 1.0
    return min(1.0, max(0.0, (loss - best) / (row["untrained"] - best)))


def line(name: str, row: dict[str, Any]) -> str:
    """A task's line: the best rate of the grid, and what each tool suggested and lost."""
    grid = row["grid"]
    best = GRID[grid.index(min(grid))]
    parts = [f"{name:32} best {best:<7.2g}"]
    for tool, made in row["suggested"].items():
        rates = [one["rate"] for one in made if one["rate"]]
        middle = f"{statistics.median(rates):.2g}" if rates else "none"
        worst = max((lost(row, one["loss"]) for one in made), default=math.nan)
        parts.append(f"{tool} {middle} ({worst:.2f})")
    return "  ".join(parts)


def summary(kept: dict[str, Any]) -> str:
    """One line a tool."""
    lines = [f"\n{len(kept)} tasks; lost: mean, worst; shares of suggestions"]
    head = f"{'tool':20} {'n':>4} {'mean':>7} {'worst':>6} {'>=10 %':>7} {'>=50 %':>7}"
    lines.append(f"{head} {'refused':>8} {'log10(rate/best)':>17}")
    names = dict.fromkeys(name for row in kept.values() for name in row["suggested"])
    for name in names:
        losses, off, refused = [], [], 0
        for row in kept.values():
            best = GRID[row["grid"].index(min(row["grid"]))]
            for one in row["suggested"].get(name, []):
                losses.append(lost(row, one["loss"]))
                refused += one["rate"] is None
                if one["rate"]:
                    off.append(math.log10(one["rate"] / best))
        if not losses:
            continue
        many, half = (sum(v >= limit for v in losses) / len(losses) for limit in (0.1, 0.5))
        lines.append(
            f"{name:20} {len(losses):>4} {statistics.fmean(losses):>7.3f} {max(losses):>6.2f} "
            f"{many:>7.0%} {half:>7.0%} {refused:>8} {statistics.median(off):>+17.2f}"
        )
    return "\n".join(lines)


def _keep(file: Path | None, kept: dict[str, Any]) -> None:
    if file is not None:
        file.write_text(json.dumps(kept, indent=1))


if __name__ == "__main__":
    raise SystemExit(main())

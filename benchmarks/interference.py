# SPDX-License-Identifier: Apache-2.0
"""Whether a watched training is the same training, and what watching takes of the memory.

    python benchmarks/interference.py [--steps 50] [--only same,memory,compiled]

*same*: every architecture of `tests/probe/architectures.py` is trained bare and watched in full, in
two processes from one seed. Compared bit for bit: each loss, the final weights, the states of the
random number generators, attributes added to modules, and whether the model still can be copied and
pickled while it is watched.

*memory*: resident bytes at their highest, in processes of their own, of networks of 10^4 to
10^7 parameters: bare, and watched under the default budget.

*compiled*: a transformer compiled by Inductor under bf16 autocast, and one of which only the blocks
are compiled so that layer statistics are taken of the rest: the largest difference of a loss.

Exit status 1 where a bit differs, or memory grows by more than 2 % and a constant of 40 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tests" / "probe" / "architectures.py"
CONSTANT = 40e6
"""Bytes (measured: 23 to 25 MB): our modules, psutil, the thread that writes, and a few seconds of
blocks that wait."""
SHARE = 0.02
ROUNDS = 3
WIDTHS = {"1e4": 64, "1e6": 700, "1e7": 2200}
"""Parameters, about → width of a network of two hidden layers."""


def child(*arguments: str) -> Any:
    """What a process prints last, as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "OMP_NUM_THREADS": "1", "BACKPROBE_DIR": folder},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def same(steps: int) -> bool:
    """Prints the table of architectures; whether all agree."""
    bare, watched = child(str(SCRIPT), str(steps)), child(str(SCRIPT), "watch", str(steps))
    failures, recorded = watched.pop("failures"), watched.pop("steps")
    titles = ("losses", "weights", "generators", "attributes", "copies, pickles")
    print(f"{len(bare)} architectures, {steps} eager steps each, {recorded} steps recorded in full")
    print(f"{'':24}" + "".join(f"{title:>17}" for title in titles))
    good = not failures and recorded == steps * len(bare)
    for name, one in bare.items():
        alike = [a == b for a, b in zip(one, watched[name], strict=True)]
        good = good and all(alike)
        words = ["same" if equal else "DIFFERENT" for equal in alike]
        print(f"{name:24}" + "".join(f"{word:>17}" for word in words))
    for text in failures:
        print(text)
    return good


def memory() -> bool:
    """Prints the table of memory; whether all is within the stated bounds."""
    print(f"\n{'parameters':12}{'bare, MB':>12}{'watched, MB':>14}{'more, MB':>12}{'more':>9}")
    good = True
    for name in WIDTHS:
        found: dict[str, list[float]] = {"bare": [], "watched": []}
        for _ in range(ROUNDS):
            for kind, taken in found.items():
                taken.append(child(__file__, "--child", f"memory:{kind}:{name}"))
        bare, watched = (statistics.median(found[kind]) for kind in ("bare", "watched"))
        more = watched - bare
        good = good and more <= SHARE * bare + CONSTANT
        print(
            f"{name:12}{bare / 1e6:12.1f}{watched / 1e6:14.1f}{more / 1e6:12.1f}{more / bare:9.1%}"
        )
    print(f"medians of {ROUNDS}; bound: 2 % and {CONSTANT / 1e6:.0f} MB")
    return good


def compiled() -> None:
    """Prints the largest difference of a loss where the network is compiled in low precision."""
    print(f"\n{'Inductor, bf16 autocast':28}{'largest difference of a loss':>30}{'relative':>12}")
    for way in ("whole model", "blocks only"):
        bare, watched = (child(__file__, "--child", f"{way}:{kind}") for kind in ("bare", "watch"))
        differences = [abs(a - b) for a, b in zip(bare, watched, strict=True)]
        relative = max(d / abs(a) for d, a in zip(differences, bare, strict=True))
        print(f"{way:28}{max(differences):30.3g}{relative:12.2g}   {len(bare)} steps")


def work(what: str) -> Any:
    """What one child measures."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    way, *rest = what.split(":")
    if way == "memory":
        return _memory(rest[0] == "watched", WIDTHS[rest[1]])
    return _compiled(way, rest[0] == "watch")


def _memory(watched: bool, width: int) -> int:
    import resource

    import torch
    from torch import nn

    net = nn.Sequential(
        nn.Linear(64, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
        nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10),
    )  # fmt: skip
    optimizer = torch.optim.Adam(net.parameters())
    if watched:
        import backprobe

        backprobe.init()
        backprobe.watch(net)
    for _ in range(60):
        x, y = torch.randn(64, 64), torch.randint(0, 10, (64,))
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _compiled(way: str, watched: bool) -> list[float]:
    import torch
    import torch.nn.functional as F  # as users write it

    sys.path.insert(0, str(ROOT))
    from tests.probe.settings import Block, Net

    net = Net(width=64)
    if way == "whole model":
        model: Any = torch.compile(net)
    else:
        for name, block in list(net.blocks.named_children()):
            assert isinstance(block, Block)
            setattr(net.blocks, name, torch.compile(block))
        model = net
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    if watched:
        import backprobe

        backprobe.init()
        backprobe.watch(net, log="all", log_freq=1)
    losses = []
    for _ in range(50):
        x = torch.randn(32, 8)
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.cross_entropy(model(x), x[:, :4].argmax(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def main() -> int:
    """Measures and prints; the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--only", default="same,memory,compiled")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        answer = json.dumps(work(options.child))
        sys.stdout.flush()
        print(answer, flush=True)
        os._exit(0)
    good = True
    wanted = options.only.split(",")
    if "same" in wanted:
        good = same(options.steps) and good
    if "memory" in wanted:
        good = memory() and good
    if "compiled" in wanted:
        compiled()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

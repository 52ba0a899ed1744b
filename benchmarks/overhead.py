# SPDX-License-Identifier: Apache-2.0
"""What watching costs: CPU time of a watched step over a bare one, beside what others cost.

`python benchmarks/overhead.py [--models mlp,cnn,gpt,q-learning] [--watchers full,budget]
[--rounds N]`. Each watcher runs in a process of its own, which alternates blocks of bare and
watched steps, so that a drift of the machine hits both; a figure is the median over the rounds of
watched / bare process CPU time (all threads; one for torch), with the quartiles behind it.

  read         the limit: one pass of the compiled kernel over every gradient and parameter, called
               from the loop itself; nothing is hooked and nothing kept
  full         everything at every step: `watch(log="all", log_freq=1)`, histograms too
  budget       the default budget of 2 %; `whole` is all its steps, the dense start too, over as
               many bare ones
  later        the same on a run that is some hundred steps old, or some thousand of a small one
  wandb        `wandb.watch(log="all", log_freq=1)` and one `log` a step (its service process is
               not counted)
  tensorboard  `add_histogram` of every gradient and parameter at every step

Attaching is not counted (importing, numbering the model: once a run). What waits to be written is
written at the end of a watched block, as often as in a real run. Below each line: how many of the
watched steps the record holds in full.
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

WATCHERS = ("read", "full", "budget", "later", "wandb", "tensorboard")
DENSE = 12
"""First watched steps, in which the graph is read: only `whole` counts them."""
STEPS = {"mlp": 200, "mlp-1ms": 100, "cnn": 6, "gpt": 12, "q-learning": 200}
EARLIER = {"mlp": 3000, "mlp-1ms": 3000, "cnn": 150, "gpt": 300, "q-learning": 3000}
"""Watched steps before those that `later` counts."""


Step = Callable[..., float]
"""One training step; calls what it is given before the optimizer steps."""


def build(name: str) -> tuple[Any, Step]:
    """A model and a function that does one training step of it."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    torch.manual_seed(0)
    if name == "q-learning":
        return q_learning()
    if name.startswith("mlp"):
        model = nn.Sequential(
            nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)
        )
        rows = 64 if name == "mlp" else 400  # a step of about 0.5 ms, or 1 ms
        x, y = torch.randn(rows, 20), torch.randint(0, 10, (rows,))
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

    def step(before: Callable[[], None] | None = None) -> float:
        optimizer.zero_grad()
        out = model(x)
        loss = F.cross_entropy(out.reshape(-1, out.shape[-1]), y.reshape(-1))
        loss.backward()
        if before is not None:
            before()
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


def q_learning() -> tuple[Any, Step]:
    """A policy that is asked at every step, beside a target network that follows it slowly."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    def network() -> nn.Sequential:
        return nn.Sequential(
            nn.Linear(4, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2)
        )

    policy, target = network(), network()
    optimizer = torch.optim.AdamW(policy.parameters(), lr=3e-4)
    x, reward, action = torch.randn(128, 4), torch.randn(128), torch.randint(0, 2, (128, 1))

    def step(before: Callable[[], None] | None = None) -> float:
        with torch.no_grad():
            policy(x[:1]).argmax(1)
        answers = policy(x).gather(1, action)
        with torch.no_grad():
            wanted = reward + 0.99 * target(x).amax(1)
        loss = F.smooth_l1_loss(answers, wanted.unsqueeze(1))
        optimizer.zero_grad()
        loss.backward()
        if before is not None:
            before()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(target.parameters(), policy.parameters(), strict=True):
                slow.lerp_(fast, 0.005)
        return loss.item()

    return policy, step


class Watcher:
    """Something that watches: attached and detached, round by round."""

    recorded = 0

    def attach(self) -> None:
        """Before a block of watched steps."""

    def watched(self) -> None:
        """One watched step."""

    def write(self) -> None:
        """After a block of watched steps, within its time: writes what waits."""

    def detach(self) -> None:
        """After a block."""


class Read(Watcher):
    """One pass over every gradient and parameter."""

    def __init__(self, model: Any, step: Step) -> None:
        from backprobe.probe.parameters import ParameterSet

        parameters = list(model.parameters())
        self.set = ParameterSet(parameters, range(len(parameters)))
        self.step = step

    def watched(self) -> None:
        """One watched step."""
        self.step(lambda: self.set.before(False))


class Backprobe(Watcher):
    """Our own probe."""

    def __init__(self, model: Any, step: Step, **how: Any) -> None:
        import backprobe

        os.environ["BACKPROBE_SILENT"] = "1"
        backprobe.init(project="overhead")
        self.model, self.step, self.how = model, step, how
        self.flushed = time.monotonic()

    def attach(self) -> None:
        """Attaches it."""
        import backprobe

        backprobe.watch(self.model, **self.how)

    def watched(self) -> None:
        """One watched step."""
        self.step()

    def write(self) -> None:
        """Writes what waits."""
        from backprobe import session
        from backprobe.probe import entry

        running, probe = session.current(), entry.current()
        if running is None or probe is None:
            return
        self.recorded = probe.state.budget.observed
        if time.monotonic() - self.flushed >= session.FLUSH_SECONDS:  # as often as in a real run
            running.flush()
            self.flushed = time.monotonic()

    def detach(self) -> None:
        """Detaches it."""
        import backprobe

        backprobe.unwatch(self.model)


class Wandb(Watcher):
    """W&B, offline."""

    def __init__(self, model: Any, step: Step) -> None:
        import wandb

        wandb.init(mode="offline", project="overhead", settings=wandb.Settings(silent=True))
        self.model, self.step = model, step

    def attach(self) -> None:
        """Attaches it."""
        import wandb

        wandb.watch(self.model, log="all", log_freq=1)

    def watched(self) -> None:
        """One watched step."""
        import wandb

        wandb.log({"loss": self.step()})

    def detach(self) -> None:
        """Detaches it."""
        import wandb

        wandb.unwatch(self.model)


class TensorBoard(Watcher):
    """Histograms of every gradient and parameter."""

    def __init__(self, model: Any, step: Step) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.model, self.step, self.number = model, step, 0
        self.writer = SummaryWriter(os.getcwd())

    def watched(self) -> None:
        """One watched step."""
        self.writer.add_scalar("loss", self.step(self._histograms), self.number)
        self.number += 1

    def _histograms(self) -> None:
        for name, tensor in self.model.named_parameters():
            self.writer.add_histogram(f"parameters/{name}", tensor, self.number)
            self.writer.add_histogram(f"gradients/{name}", tensor.grad, self.number)

    def write(self) -> None:
        """Writes what waits."""
        self.writer.flush()


MAKERS: dict[str, Callable[[Any, Step], Watcher]] = {
    "read": Read,
    "full": lambda model, step: Backprobe(model, step, log="all", log_freq=1),
    "budget": Backprobe,
    "later": Backprobe,
    "wandb": Wandb,
    "tensorboard": TensorBoard,
}


def child(name: str, model_name: str, rounds: int) -> None:
    """Prints the ratios of one watcher on one model as JSON."""
    import torch

    torch.set_num_threads(1)
    model, step = build(model_name)
    steps = STEPS[model_name]
    for _ in range(max(5, steps // 4)):
        step()
    watcher = MAKERS[name](model, step)

    def block(count: int, watched: bool) -> float:
        if watched:
            watcher.attach()
        began = time.process_time()
        for _ in range(count):
            watcher.watched() if watched else step()
        if watched:
            watcher.write()
        spent = time.process_time() - began
        if watched:
            watcher.detach()
        return spent

    before = EARLIER[model_name] if name == "later" else DENSE
    dense = block(before, True)
    watched: list[float] = []
    bare: list[float] = []
    for turn in range(rounds):
        for kind in (False, True) if turn % 2 else (True, False):
            (watched if kind else bare).append(block(steps, kind))
    whole = (dense + sum(watched)) / (sum(bare) * (1 + before / (steps * rounds)))
    found = {
        "ratios": [a / b for a, b in zip(watched, bare, strict=True)],
        "bare": statistics.median(bare) / steps,
        "whole": whole,
        "recorded": watcher.recorded,
        "steps": before + steps * rounds,
    }
    print(json.dumps(found))
    os._exit(0)


def measured(watcher: str, model: str, rounds: int) -> dict[str, Any] | str:
    """What a child has found, or why it failed."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, __file__, "--rounds", str(rounds), "--child", watcher, model],
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "BACKPROBE_DIR": folder,
                "WANDB_DIR": folder,
            },
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode or not done.stdout.strip():
        return (done.stderr.strip().splitlines() or ["no output"])[-1][:200]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", default="mlp,cnn,gpt")
    parser.add_argument("--watchers", default=",".join(WATCHERS))
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], options.child[1], options.rounds)
        return
    watchers = options.watchers.split(",")
    print("model  bare ms  " + "  ".join(f"{name:22}" for name in watchers))
    for model in options.models.split(","):
        cells, notes, bare = [], [], []
        for watcher in watchers:
            found = measured(watcher, model, options.rounds)
            if isinstance(found, str):
                cells.append("failed")
                notes.append(f"{watcher} failed: {found}")
                continue
            low, middle, high = statistics.quantiles(found["ratios"], n=4)
            cells.append(f"{middle:6.3f} ({low:.3f}–{high:.3f})")
            bare.append(found["bare"] * 1e3)
            if found["recorded"]:
                notes.append(f"{watcher}: {found['recorded']} of {found['steps']} steps in full")
            if watcher == "budget":
                notes.append(f"whole {found['whole']:.3f}")
        shown = "  ".join(f"{cell:22}" for cell in cells)
        print(f"{model:6} {statistics.median(bare or [0]):7.2f}  {shown}", flush=True)
        print(f"       {'; '.join(notes)}", flush=True)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""What holds in a trial's process: other seeds, a bound that leaves evaluation, its own files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backprobe.trials.launch import BOOTSTRAP

SEEDED = """
import random
import numpy as np, torch
from sklearn.datasets import make_blobs
torch.manual_seed(0); np.random.seed(0); random.seed(0)
print(torch.rand(1).item())
print(np.random.rand())
print(random.random())
print(np.random.default_rng(3).random())
print(np.random.RandomState(3).rand())
print(random.Random(3).random())
print(torch.rand(1, generator=torch.Generator().manual_seed(3)).item())
print(make_blobs(4, random_state=3)[0].sum())
assert isinstance(np.random.mtrand._rand, np.random.RandomState)
assert isinstance(torch.default_generator, torch.Generator)
assert isinstance(random.Random(1), random.Random)
"""

UNSEEDED = """
import random
import numpy as np, torch
print(torch.rand(1).item(), np.random.rand(), random.random())
"""

LOOPS = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
x = torch.randn(320, 4); y = x[:, 0]
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
held = DataLoader(TensorDataset(torch.randn(64, 4), torch.zeros(64)), batch_size=32)
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
steps = 0
for epoch in range(6):
    total, count = 0.0, 0
    for a, b in enumerate(loader):
        loss = ((model(b[0])[:, 0] - b[1]) ** 2).mean()
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        steps += 1; total += loss.item(); count += 1
    print("epoch", total / count)
    with torch.no_grad():
        print("evaluated", sum(1 for _ in held), sum(1 for _ in loader))
print("steps", steps)
"""

BY_HAND = LOOPS.replace(
    "for a, b in enumerate(loader):",
    "it = iter(loader)\n    while count < 10:\n        b = next(it)",
)

SAVING = """
import torch
torch.save({"a": 1}, "best.pt")
print(torch.load("best.pt")["a"])
"""


def trial(script: str, folder: Path, seed: int = 0, steps: int | None = None) -> str:
    """What a script prints as a trial."""
    path = folder / "script.py"
    path.write_text(script)
    run = folder / "run"
    run.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(BOOTSTRAP),
        "BACKPROBE_TRIAL": json.dumps({"seed": seed, "steps": steps}),
        "BACKPROBE_RUN": str(run),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, path.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_seeding_call_is_offset(tmp_path: Path) -> None:
    """Another trial seed changes each stream; seed 0 is the script's own, and each repeats."""
    bare = subprocess.run(
        [sys.executable, "-c", SEEDED], capture_output=True, text=True, check=True
    ).stdout.split()
    own, other, again = (trial(SEEDED, tmp_path, seed).split() for seed in (0, 1, 1))
    assert own == bare
    assert other == again
    assert [a == b for a, b in zip(own, other, strict=True)] == [False] * 8


def test_what_is_never_seeded_repeats_as_well(tmp_path: Path) -> None:
    """Control and treated begin alike in a script without seeds."""
    assert trial(UNSEEDED, tmp_path, 1) == trial(UNSEEDED, tmp_path, 1)
    assert trial(UNSEEDED, tmp_path, 1) != trial(UNSEEDED, tmp_path, 2)


def test_training_loaders_end_at_the_bound(tmp_path: Path) -> None:
    """Epochs go on with one batch each, evaluation sees all of its batches."""
    lines = trial(LOOPS, tmp_path, steps=15).splitlines()
    assert lines[-1] == "steps 19"
    assert lines.count("evaluated 2 10") == 6


@pytest.mark.parametrize("steps", [15])
def test_a_loop_made_by_hand_runs_whole(tmp_path: Path, steps: int) -> None:
    """`next(iterator)` would raise into the script, so it is left alone."""
    assert trial(BY_HAND, tmp_path, steps=steps).splitlines()[-1] == "steps 60"


def test_checkpoints_go_into_the_trials_folder(tmp_path: Path) -> None:
    """The user's own file is not overwritten, and the trial finds what it saved."""
    assert trial(SAVING, tmp_path).strip() == "1"
    assert not (tmp_path / "best.pt").exists()

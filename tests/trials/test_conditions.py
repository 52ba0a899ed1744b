# SPDX-License-Identifier: Apache-2.0
"""What holds in a trial's process: other seeds, a bound that leaves evaluation, its own files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backprobe.trials.forking import ForkServer
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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """What trials of a proof are forked from: a script here takes seconds to import torch."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "script.py").write_text(SEEDED)
    made = ForkServer((sys.executable, "script.py"), str(folder), os.environ)
    yield made
    made.close()


def trial(
    script: str,
    folder: Path,
    seed: int = 0,
    steps: int | None = None,
    server: ForkServer | None = None,
) -> str:
    """What a script prints as a trial: forked, or in an interpreter of its own."""
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
    command = [sys.executable, path.name]
    printed = folder / "printed.txt"
    printed.unlink(missing_ok=True)
    if server is not None:
        status = server.start(command, str(folder), environment, printed).wait()
        assert status == 0, printed.read_text()
        return printed.read_text()
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_seeding_call_is_offset(tmp_path: Path, server: ForkServer) -> None:
    """Another trial seed changes each stream; seed 0 is the script's own, and each repeats.

    Whether a trial is forked or started.
    """
    bare = subprocess.run(
        [sys.executable, "-c", SEEDED], capture_output=True, text=True, check=True
    ).stdout.split()
    own, other = (trial(SEEDED, tmp_path, seed, server=server).split() for seed in (0, 1))
    again = trial(SEEDED, tmp_path, 1).split()
    assert own == bare
    assert other == again
    assert [a == b for a, b in zip(own, other, strict=True)] == [False] * 8


def test_what_is_never_seeded_repeats_as_well(tmp_path: Path, server: ForkServer) -> None:
    """Control and treated begin alike in a script without seeds."""
    first = trial(UNSEEDED, tmp_path, 1, server=server)
    assert first == trial(UNSEEDED, tmp_path, 1, server=server) == trial(UNSEEDED, tmp_path, 1)
    assert first != trial(UNSEEDED, tmp_path, 2, server=server)


def test_training_loaders_end_at_the_bound(tmp_path: Path, server: ForkServer) -> None:
    """Epochs go on with one batch each, evaluation sees all of its batches."""
    lines = trial(LOOPS, tmp_path, steps=15, server=server).splitlines()
    assert lines[-1] == "steps 19"
    assert lines.count("evaluated 2 10") == 6


@pytest.mark.parametrize("steps", [15])
def test_a_loop_made_by_hand_runs_whole(tmp_path: Path, server: ForkServer, steps: int) -> None:
    """`next(iterator)` would raise into the script, so it is left alone."""
    assert trial(BY_HAND, tmp_path, steps=steps, server=server).splitlines()[-1] == "steps 60"


def test_checkpoints_go_into_the_trials_folder(tmp_path: Path) -> None:
    """The user's own file is not overwritten, and the trial finds what it saved."""
    assert trial(SAVING, tmp_path).strip() == "1"
    assert not (tmp_path / "best.pt").exists()

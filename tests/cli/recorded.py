# SPDX-License-Identifier: Apache-2.0
"""Runs that are made by really training small networks under `backprobe run`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SICK = """\
import torch
from torch import nn
import backprobe

torch.manual_seed(0)
run = backprobe.init(config={"lr": LR})
model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=LR)
for step in range(40):
    x = 300 * torch.rand(64, 8)
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), 100 * x.sum(1, keepdim=True))
    loss.backward()
    optimizer.step()
    backprobe.log({"mine": loss.item()})
"""
"""A regression whose loss explodes; it logs and configures through the API as well."""


def train(folder: Path, name: str, rate: float) -> None:
    """Trains it in a folder under the probe, with a learning rate, as a run of that name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.py").write_text(SICK.replace("LR", repr(rate)))
    done = subprocess.run(
        [sys.executable, "-m", "backprobe", "run", "--name", name, "--project", "p", "train.py"],
        cwd=folder,
        env={**os.environ, "BACKPROBE_DIR": str(folder / "runs"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

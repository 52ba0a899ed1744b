# SPDX-License-Identifier: Apache-2.0
"""`backprobe lr` on scripts as users write them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from backprobe.store import catalog

SOUND = """\
import sys, torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x = torch.randn(1024, 8)
y = (x[:, :4].sum(1) > 0).long() + (x[:, 4:].sum(1) > 0).long()
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=float(sys.argv[1]))
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.1)
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
for epoch in range(int(sys.argv[2])):
    for a, b in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(a), b)
        loss.backward()
        optimizer.step()
    scheduler.step()
    torch.save(model.state_dict(), "model.pt")
"""


def lr(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`backprobe lr` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "backprobe", "lr", *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_sound_script_gets_a_rate(tmp_path: Path) -> None:
    """Whatever rate and schedule it has itself; its checkpoint is not overwritten."""
    (tmp_path / "train.py").write_text(SOUND)
    done = lr(tmp_path, "--json", "train.py", "1e-5", "20")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == 1
    assert found["refused"] is None
    low, high = found["range"]
    assert 1e-3 < low <= found["suggestion"] <= high < 1
    assert len(found["curve"]["lr"]) == len(found["curve"]["loss"]) >= 60
    assert not (tmp_path / "model.pt").exists()
    listed = subprocess.run(
        [sys.executable, "-m", "backprobe", "runs", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(listed.stdout)["runs"] == []


def test_a_script_of_few_steps_is_swept_over_those(tmp_path: Path) -> None:
    """64 steps are enough; the curve is drawn."""
    (tmp_path / "train.py").write_text(SOUND)
    done = lr(tmp_path, "train.py", "1e-3", "2")
    assert done.returncode == 0, done.stderr
    assert "1e-7─" in done.stdout
    assert "suggestion" in done.stdout
    assert "of 6" in done.stdout


def test_refusals(tmp_path: Path) -> None:
    """Too few steps, labels of chance, two optimizers: each is said in words, with status 0."""
    (tmp_path / "train.py").write_text(SOUND)
    short = json.loads(lr(tmp_path, "--json", "train.py", "1e-3", "0").stdout)
    assert short["suggestion"] is None
    assert "no optimizer" in short["refused"]
    chance = SOUND.replace("y = (x[:, :4]", "y = torch.randint(0, 3, (1024,)) if 1 else (x[:, :4]")
    (tmp_path / "chance.py").write_text(chance)
    done = lr(tmp_path, "chance.py", "1e-3", "20")
    assert done.returncode == 0
    assert "no suggestion: the loss stays flat" in " ".join(done.stdout.split())


def test_a_script_that_fails(tmp_path: Path) -> None:
    """Its own last line is given, with status 1; wrong usage is status 2."""
    (tmp_path / "broken.py").write_text("import torch\nraise ValueError('no data here')\n")
    done = lr(tmp_path, "broken.py")
    assert done.returncode == 1
    assert "no data here" in done.stderr
    (kept,) = (run for run in catalog.runs(catalog.store_directory()) if run.job_type == "lr")
    assert kept.state == "failed"  # no green run in the list
    wrong = lr(tmp_path, "--start", "1", "--end", "0.1", "broken.py")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "expected 0 < start < end" in wrong.stderr


MIXED = """\
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(1024, 8)
y = (x[:, :4].sum(1) > 0).long() + (x[:, 4:].sum(1) > 0).long()
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
groups = [{"params": model[0].parameters(), "lr": 1e-4}, {"params": model[2].parameters()}]
optimizer = torch.optim.AdamW(groups, lr=1e-3)
scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16, growth_interval=5)
for step in range(120):
    for part in range(2):
        rows = torch.randint(0, 1024, (32,))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows]) / 2
        scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
    optimizer.zero_grad()
"""


def test_accumulation_a_scaler_and_groups(tmp_path: Path) -> None:
    """A loop by hand; the loss is the one before the scaler, which grows every five steps."""
    (tmp_path / "mixed.py").write_text(MIXED)
    found = json.loads(lr(tmp_path, "--json", "mixed.py").stdout)
    assert found["refused"] is None
    assert max(found["curve"]["loss"][:40]) < 1.0
    assert 1e-5 < found["suggestion"] < 0.1

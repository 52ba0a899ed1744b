# SPDX-License-Identifier: Apache-2.0
"""`backprobe check` on scripts as users write them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

DEMO = Path(__file__).parents[2] / "src" / "backprobe" / "demo"

BY_HAND = """\
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(600, 8)
y = x[:, :1] - 0.5 * x[:, 1:2]
model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(400):
    rows = torch.randint(0, 500, (32,))
    loss = ((model(x[rows]) - y[rows]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("end")
"""

TWO_TERMS = """\
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(600, 8)
y = (x[:, 0] > 0).long()
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.aux = nn.Linear(8, 16), nn.Linear(16, 2)
        self.high, self.head = nn.Linear(16, 16), nn.Linear(16, 2)
    def forward(self, x):
        h = torch.relu(self.body(x))
        return self.head(torch.relu(self.high(h))), self.aux(h)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(200):
    rows = torch.randint(0, 500, (32,))
    out, aux = model(x[rows])
    loss = nn.functional.cross_entropy(out, y[rows])
    loss = loss + 0.3 * nn.functional.cross_entropy(aux, y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


LARGE_TARGETS = """\
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(600, 4)
y = 400_000 + 100_000 * x[:, 0]
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(200):
    rows = torch.randint(0, 500, (32,))
    loss = nn.functional.mse_loss(model(x[rows]).squeeze(1), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def check(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`backprobe check` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "backprobe", "check", *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


def _status(answer: dict[str, Any], name: str) -> list[str]:
    return [one["status"] for one in answer["checks"] if one["name"] == name]


def test_the_healthy_demo_passes(tmp_path: Path) -> None:
    """No warning and no failure, and nothing is left beside the store."""
    done = check(tmp_path, "--json", "--seconds", "60", str(DEMO / "healthy_cnn.py"))
    answer = json.loads(done.stdout)
    bad = [one for one in answer["checks"] if one["status"] in ("warn", "fail")]
    assert (done.returncode, bad) == (0, []), done.stderr
    assert answer["ok"] is True
    assert _status(answer, "overfit-one-batch") == ["pass"]
    assert _status(answer, "learning-rate") == ["pass"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_sick_demo_fails(tmp_path: Path) -> None:
    """Weights of 100: the initial loss and the rules say so, with status 1."""
    done = check(tmp_path, "--seconds", "60", str(DEMO / "bad_weights_cnn.py"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fail" in done.stdout
    assert "initial-loss" in done.stdout


def test_one_term_of_a_loss_accuses_no_layer_of_another(tmp_path: Path) -> None:
    """An auxiliary head's loss, taken alone, reaches no parameter of the main one."""
    (tmp_path / "train.py").write_text(TWO_TERMS)
    done = check(tmp_path, "--json", "--seconds", "1", "train.py")
    assert _status(json.loads(done.stdout), "gradient-flow") == ["skipped"], done.stdout


def test_a_hand_written_loop_and_loss(tmp_path: Path) -> None:
    """What can't be computed again is skipped, with the reason; the rest is checked."""
    (tmp_path / "train.py").write_text(BY_HAND)
    done = check(tmp_path, "--json", "--seconds", "60", "train.py")
    answer = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert _status(answer, "initial-loss") == ["skipped"]
    assert _status(answer, "sample-independence") == ["pass"]
    assert _status(answer, "init-signal") == ["pass"]


def test_what_trains_nothing_is_said(tmp_path: Path) -> None:
    """A script without a model, and one that fails: status 1 and one line."""
    (tmp_path / "none.py").write_text("import torch\nprint(torch.ones(2))\n")
    done = check(tmp_path, "none.py")
    assert done.returncode == 1
    assert done.stderr.startswith("backprobe: nothing could be checked")
    (tmp_path / "broken.py").write_text("import torch\nraise ValueError('no data here')\n")
    done = check(tmp_path, "broken.py")
    assert done.returncode == 1
    assert "no data here" in done.stderr
    done = check(tmp_path, "missing.py")
    assert done.returncode == 2


def test_targets_that_are_too_large_are_the_reason_and_no_broadcast(tmp_path: Path) -> None:
    """What counts is what the loss was given: the script takes the outputs' last dimension away."""
    (tmp_path / "train.py").write_text(LARGE_TARGETS)
    done = check(tmp_path, "--json", "--seconds", "60", "train.py")
    checks = json.loads(done.stdout)["checks"]
    (reason,) = (one["message"] for one in checks if one["name"] == "overfit-one-batch")
    assert "Standardise the targets" in reason
    assert "broadcast" not in reason

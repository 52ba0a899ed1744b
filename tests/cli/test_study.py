# SPDX-License-Identifier: Apache-2.0
"""`backprobe study`, as one types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

NET = """\
import sys
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(400, 6)
y = (x[:, 0] * x[:, 1] > 0).long()
model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
for epoch in range(int(sys.argv[1])):
    model.train()
    for rows in torch.randperm(300).split(20):
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        out = model(x[300:])
        held = nn.functional.cross_entropy(out, y[300:])
print(f"test accuracy={(out.argmax(1) == y[300:]).float().mean().item():.4f}")
"""


def study(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`backprobe study` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "backprobe", "study", *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_grid_is_run_and_told(tmp_path: Path) -> None:
    """JSON with curves, effects, gaps and a verdict; the table of the same trials says the same."""
    (tmp_path / "net.py").write_text(NET)
    vary = ("--vary", "scale-lr=1,100", "--vary", "dropout=off,0.5", "net.py", "12")
    done = study(tmp_path, "--json", *vary)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["outcome"] == {"name": "test accuracy", "source": "printed"}
    assert len(answer["cells"]) == 4
    assert all(len(cell["values"]) == 3 for cell in answer["cells"])
    first = answer["cells"][0]
    assert first["curve"]["low"][-1] <= first["curve"]["mean"][-1] <= first["curve"]["high"][-1]
    assert first["gap"] is not None
    effects = {tuple(one["levels"]): one for one in answer["effects"]}
    assert effects[("scale-lr=100",)]["effect"] > 0.05
    assert effects[("scale-lr=100",)]["clear"]
    fast = next(c for c in answer["cells"] if c["treatment"] == ["scale-lr=100", "dropout=off"])
    assert fast["last_loss"] < first["last_loss"]
    assert fast["steps_to_target"] <= first["steps_to_target"]
    assert answer["best"][0] == "scale-lr=100"
    table = study(tmp_path, *vary)
    assert answer["verdict"] in table.stdout
    assert "TRAINING LOSS" in table.stdout
    assert "scale-lr=100 × dropout=0.5" in table.stdout


def test_wrong_grids_are_refused(command: Callable[..., Result], tmp_path: Path) -> None:
    """Exit status 2, and what was expected."""
    (tmp_path / "net.py").write_text(NET)
    for vary, said in (
        ("dropout", "NAME=V1,V2"),
        ("dropout=0.5", "two values or more"),
        ("dropuot=off,0.5", "did you mean dropout"),
    ):
        done = command("study", "--vary", vary, str(tmp_path / "net.py"))
        assert done.exit_code == 2
        assert said in done.output

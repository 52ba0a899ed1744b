# SPDX-License-Identifier: Apache-2.0
"""An uncaught error prints the same traceback, byte for byte, with and without the probe."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = {
    "wrong shape inside nested modules, after a chained error": """
import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(9, 2))
    def forward(self, x):
        return self.a(x)
net = Net()
try:
    F.cross_entropy(torch.randn(3, 2), torch.randn(4))
except Exception as error:
    raise RuntimeError("second") from error
finally:
    net(torch.randn(3, 4))
""",
    "a custom backward that raises": """
import torch
x = torch.ones(3, requires_grad=True)
class Mine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.sum()
    @staticmethod
    def backward(ctx, g): raise ValueError("mine")
Mine.apply(x).backward()
""",
    "a function called in a forward, at the second step": """
import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(4, 3)
    def forward(self, x, y):
        return F.cross_entropy(self.a(x), y)
net = Net(); opt = torch.optim.SGD(net.parameters(), lr=.1)
for k in range(3):
    net(torch.randn(2 + k // 2, 4), torch.randint(0, 3, (2,))).backward(); opt.step()
""",
    "a dataset that raises": """
import torch
from torch.utils.data import DataLoader, Dataset
class Data(Dataset):
    def __len__(self): return 4
    def __getitem__(self, k):
        if k == 2: raise KeyError(k)
        return torch.randn(3)
net = torch.nn.Linear(3, 1)
for x in DataLoader(Data()):
    net(x).sum().backward()
""",
}


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_same_traceback(name: str, tmp_path: Path) -> None:
    """Nothing of ours, and no detour of torch's hooks, stands in it."""
    script = tmp_path / "script.py"
    script.write_text(PROGRAMS[name])
    bare = [sys.executable, script.name]
    run = [sys.executable, "-m", "backprobe", "run", script.name]
    alone, watched = (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        for command in (bare, run)
    )
    assert alone.returncode == watched.returncode == 1
    kept = [line for line in watched.stderr.splitlines() if not line.startswith("backprobe: ")]
    told = alone.stderr.splitlines()
    assert kept[: len(told)] == told

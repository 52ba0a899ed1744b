# SPDX-License-Identifier: Apache-2.0
"""A real IPython shell, as a notebook's kernel has one: cells, errors in cells, a cell run anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backprobe.store import catalog
from backprobe.store.reader import RunReader

pytest.importorskip("IPython")
pytestmark = pytest.mark.slow

NOTEBOOK = '''\
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()


def cell(text):
    result = shell.run_cell(text, store_history=True)
    print("error:", type(result.error_in_exec).__name__ if result.error_in_exec else None)


cell("""
import torch
from torch import nn
import backprobe
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
optimizer = torch.optim.Adam(net.parameters())
run = backprobe.init(name="notebook")
backprobe.watch(net)
""")
TRAINING = """
for step in range(5):
    x = torch.randn(6, 8)
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), x[:, :4].argmax(1))
    loss.backward()
    optimizer.step()
"""
cell(TRAINING)
cell("net(torch.randn(6, 9))  # a mistake in a cell ends the cell, not the session")
cell("%time out = net(torch.randn(2, 8)).sum()")
cell(TRAINING)
cell("copied = __import__('copy').deepcopy(net); backprobe.unwatch(net)")
cell("backprobe.finish(); print(type(copied).__name__)")
'''


def test_a_notebook(tmp_path: Path, store_directory: Path) -> None:
    """Steps go on over cells; sources are the cells' lines; an error in a cell costs nothing."""
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK],
        cwd=tmp_path,
        env={**os.environ, "IPYTHONDIR": str(tmp_path / "ipython"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    errors = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("error:")]
    assert errors == ["None", "None", "RuntimeError", "None", "None", "None", "None"]
    assert "Sequential" in done.stdout
    run = catalog.find(store_directory)
    assert (run.name, run.state) == ("notebook", "finished")
    reader = RunReader(run)
    reader.refresh()
    record = reader.record()
    assert record.named("failure") == ()
    assert record.steps["step"].tolist() == list(range(10))
    assert len(record.losses) == 2  # two cells
    for loss in record.losses:
        assert loss.source is not None
        assert loss.source.text == "loss = nn.functional.cross_entropy(net(x), x[:, :4].argmax(1))"
    # The network was made before anything of ours was there: its line is not known, its layers are.
    assert [module.type for module in record.modules] == ["Sequential", "Linear", "ReLU", "Linear"]

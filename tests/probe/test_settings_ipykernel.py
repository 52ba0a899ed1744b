# SPDX-License-Identifier: Apache-2.0
"""A real Jupyter kernel: its own process, threads and event loop; cells arrive over its sockets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backprobe.store import catalog
from backprobe.store.reader import RunReader

pytest.importorskip("ipykernel")
pytestmark = pytest.mark.slow
SECONDS = 120

SETUP = """\
import torch
from torch import nn
import backprobe
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
optimizer = torch.optim.Adam(net.parameters())
run = backprobe.init(name="notebook", project="cells")
backprobe.watch(net, log="all", log_freq=1)
"""
TRAINING = """\
import warnings
with warnings.catch_warnings():  # for good they would end the kernel's own threads
    warnings.simplefilter("error")
    for step in range(5):
        x = torch.randn(6, 8)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), x[:, :4].argmax(1))
        loss.backward()
        optimizer.step()
        run.log({"loss": loss.item()})
print(f"{loss.item():.12f}")
"""


class Notebook:
    """A kernel and its client; `cell` runs one and gives what came back."""

    def __init__(self, folder: Path) -> None:
        from jupyter_client.blocking.client import BlockingKernelClient
        from jupyter_client.connect import write_connection_file

        file = str(folder / "kernel.json")
        write_connection_file(file, ip="127.0.0.1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ipykernel_launcher", "-f", file],
            cwd=folder,
            env={**os.environ, "IPYTHONDIR": str(folder / "ipython"), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.client: Any = BlockingKernelClient(connection_file=file)
        self.client.load_connection_file()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)

    def cell(self, code: str, fails: bool = False) -> dict[str, str]:
        """What a cell printed, by stream, and what it showed, by MIME type."""
        found: dict[str, str] = {}

        def hook(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "stream":
                found[content["name"]] = found.get(content["name"], "") + content["text"]
            elif message["msg_type"] in ("execute_result", "display_data"):
                found.update(content["data"])

        reply = self.client.execute_interactive(code, output_hook=hook, timeout=SECONDS)
        content = reply["content"]
        assert (content["status"] == "error") == fails, content
        return found

    def close(self) -> None:
        """Ends the kernel as closing a notebook does."""
        self.client.shutdown()
        self.process.wait(SECONDS)
        self.client.stop_channels()


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    """A kernel in a folder of its own."""
    found = Notebook(tmp_path)
    yield found
    if found.process.poll() is None:
        found.close()


def test_cells_of_a_kernel(notebook: Notebook, store_directory: Path) -> None:
    """Init and watch, train, train anew, a mistake, a run shown inline: all as without us."""
    bare = TRAINING.replace('        run.log({"loss": loss.item()})\n', "")
    setup = SETUP.replace("import backprobe\n", "").partition("run = ")[0]
    notebook.cell(setup)
    without = [notebook.cell(bare)["stdout"] for _ in range(2)]

    told = notebook.cell(SETUP)
    assert "begins" in told["stderr"]
    assert [notebook.cell(TRAINING)["stdout"] for _ in range(2)] == without
    notebook.cell("net(torch.randn(6, 9))", fails=True)
    assert notebook.cell("%time out = net(torch.randn(2, 8)).sum()")
    shown = notebook.cell("run")
    assert "<svg" in shown["text/html"]
    assert "notebook" in shown["text/plain"]
    notebook.cell(SETUP)  # the first cell again: another run begins, the one before has ended
    assert [notebook.cell(TRAINING)["stdout"] for _ in range(2)] == without
    notebook.cell("import copy; twin = copy.deepcopy(net); backprobe.unwatch(net)")
    notebook.close()  # without a `finish`: closing the notebook is its end

    runs = sorted(catalog.runs(store_directory), key=lambda run: run.created)
    assert [run.name for run in runs] == ["notebook", "notebook"]
    for run in runs:
        reader = RunReader(run)
        reader.refresh()
        record = reader.record()
        assert record.named("failure") == ()
        assert record.run.state == "finished"
        assert record.steps["step"].tolist() == list(range(10))
        assert len(record.history["loss"][0]) == 10
        (loss,) = record.losses  # a kernel names a cell by its text: run anew it is the same one
        assert loss.source is not None
        assert loss.source.text.startswith("loss = nn.functional.cross_entropy(net(x)")
        assert [module.type for module in record.modules][:4] == [
            "Sequential", "Linear", "ReLU", "Linear",
        ]  # fmt: skip

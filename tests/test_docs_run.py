# SPDX-License-Identifier: Apache-2.0
"""Every command that the README, the how-to pages and the reference show is run.

In one folder, with the files and the runs that the pages speak of. The tutorial's commands have a
test of their own, `tests/scripts/test_tutorial.py`.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

from tests.store.imports.made import MLFLOW, TENSORBOARD, WANDB, made
from tests.test_docs_commands import commands

ROOT = Path(__file__).parent.parent
SECONDS = 300.0
TRAIN = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x = torch.randn(512, 8)
y = x[:, :4].argmax(1)
loader = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=20, shuffle=True)
model = nn.Sequential(nn.Linear(8, 16), nn.{activation}(), nn.Linear(16, 16), nn.{activation}(),
                      nn.Linear(16, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
for epoch in range(3):
    model.train()
    for a, b in loader:
        optimizer.zero_grad()
        loss = criterion(model(a), b)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(x[400:]).argmax(1) == y[400:]).float().mean().item()
    print(f"epoch {{epoch}}: test accuracy {{accuracy:.3f}}")
"""
NAMED = ("good", "bad", "A", "B", "wnbjpu2e")
"""Runs that pages name: what is said of them is read only."""
WATCHED = """
import sys
import backprobe
for name in sys.argv[1:]:
    with backprobe.init(name=name):
        text = open("sigmoid_cnn.py").read()
        exec(text.replace("optimizer =", "backprobe.watch(model)\\noptimizer ="))
"""
"""Trains once for each name, in one process."""
FORMS = ("backprobe run --treat x train.py", "backprobe run --budget none")
"""Lines that stand for a kind of command."""
SMALLER = {"prove": ("--steps", "20", "--seeds", "1"), "check": ("--seconds", "5")}
"""Options that make a command quick; that it runs is what is tested."""


def shown() -> list[str]:
    """The commands to run: scripts first and imports last, as others speak of `latest`."""
    lines = {line for page, line in commands() if not page.startswith(("docs/tutorial", "CHANGE"))}
    order = ("backprobe run ", "backprobe ", "backprobe import ")
    return sorted(lines - set(FORMS), key=lambda line: (order.index(_kind(line, order)), line))


def _kind(line: str, order: tuple[str, ...]) -> str:
    return max((one for one in order if line.startswith(one)), key=len)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: scripts, files of other trackers, and some runs."""
    pytest.importorskip("tensorboard")
    pytest.importorskip("wandb")
    pytest.importorskip("mlflow")
    place = tmp_path_factory.mktemp("work")
    (place / "train.py").write_text(TRAIN.format(activation="ReLU"))
    (place / "sigmoid_cnn.py").write_text(TRAIN.format(activation="Sigmoid"))
    rows = "".join(f"{n},{2.0 * 0.9**n}\n" for n in range(40))
    (place / "history.csv").write_text(f"step,train/loss\n{rows}")
    for script in (TENSORBOARD, WANDB, MLFLOW):
        made(place, script)
    (place / "logs").rename(place / "runs")
    several = [sys.executable, "-c", WATCHED, *NAMED]
    last = [sys.executable, "-m", "backprobe", "run", "sigmoid_cnn.py"]  # that can be run again
    for command in (several, last):
        done = called(place, command)
        assert done.returncode == 0, done.stderr
    return place


def ran(place: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line as typed into a shell there, with no browser."""
    _, *words = shlex.split(line)
    words[1:1] = SMALLER.get(words[0], ()) if words else ()
    return called(place, [sys.executable, "-m", "backprobe", *words])


def called(place: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """A command there, with a store of its own."""
    return subprocess.run(
        command,
        cwd=place,
        env={**environment(), "BACKPROBE_DIR": str(place / ".backprobe")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def environment() -> dict[str, str]:
    """Of a person who works offline."""
    quiet = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **quiet}


@pytest.mark.slow
@pytest.mark.parametrize("line", [one for one in shown() if not one.startswith("backprobe ui")])
def test_it_runs(folder: Path, line: str) -> None:
    """It ends as its page says: 0, or 1 where the answer may be bad; never in a traceback."""
    done = ran(folder, line)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    if not line.startswith(("backprobe check", "backprobe repro", "backprobe compare")):
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("line", [one for one in shown() if one.startswith("backprobe ui")])
def test_the_dashboard_opens(folder: Path, line: str) -> None:
    """It prints its address, and ends with Ctrl-C."""
    words = [*shlex.split(line)[1:], "--no-browser", "--port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "backprobe", *words],
        cwd=folder,
        env={**environment(), "BACKPROBE_DIR": str(folder / ".backprobe")},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        address = next(filter(None, (re.search(r"http://\S+", said) for said in process.stderr)))
        assert urllib.request.urlopen(address[0]).status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.communicate()


PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    "page",
    [
        p
        for p in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
        if "/api/" not in str(p)
    ],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_its_python_is_python(page: Path) -> None:
    """Each block of Python on a page compiles."""
    for block in PYTHON.findall(page.read_text()):
        compile(textwrap.dedent(block), str(page), "exec")

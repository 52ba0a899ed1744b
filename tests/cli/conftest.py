# SPDX-License-Identifier: Apache-2.0
"""Real child processes under `backprobe run`, and the same ones without it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backprobe.cli.main import main

SECONDS = 120.0
"""No child here takes a tenth of it; a hung one must not hang the tests."""

TRAINING = """\
import sys, time
import torch
from torch import nn

torch.manual_seed(0)
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 12
pause = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
model = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(steps):
    x = torch.randn(32, 20)
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), x[:, :4].argmax(1))
    loss.backward()
    optimizer.step()
    if step % 4 == 0:
        print(step, repr(loss.item()))
    time.sleep(pause)
"""
"""A small, healthy training: arguments are the number of steps and the pause after each."""


@dataclass(frozen=True)
class Done:
    """How a child ended."""

    status: int
    out: str
    err: str


Launch = Callable[..., Done]


def _finish(command: list[str], cwd: Path, env: Mapping[str, str | None] | None) -> Done:
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    for name, value in (env or {}).items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """Runs `backprobe run` with these words in the test's folder."""

    def call(*words: str, env: Mapping[str, str | None] | None = None) -> Done:
        return _finish([sys.executable, "-m", "backprobe", "run", *words], tmp_path, env)

    return call


@pytest.fixture
def bare(tmp_path: Path) -> Launch:
    """Runs these words with plain Python in the test's folder."""

    def call(*words: str, env: Mapping[str, str | None] | None = None) -> Done:
        return _finish([sys.executable, *words], tmp_path, env)

    return call


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Path]:
    """Writes a script into the test's folder; `train.py` with `TRAINING` where nothing is said."""

    def write(text: str = TRAINING, name: str = "train.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls the command line in this process."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str, **more: str) -> Result:
        return CliRunner().invoke(main, words, **more)  # type: ignore[arg-type]

    return call

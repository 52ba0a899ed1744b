# SPDX-License-Identifier: Apache-2.0
"""`backprobe repro`: identical runs are told so, others where they first differ."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result

from tests.cli.conftest import Launch

TRAINING = """\
import numpy as np
import torch
from torch import nn

torch.manual_seed({seed})
data = torch.from_numpy(np.load("data.npy"))
model = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 4))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(8):
    x = data[step * 16:(step + 1) * 16]{noise}
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), x[:, :4].argmax(1))
    loss.backward()
    optimizer.step()
"""
SEEDED = TRAINING.format(seed=0, noise="")
RATE = SEEDED.replace("lr=0.1", "lr=0.2")

Command = Callable[..., Result]


def fill(folder: Path) -> None:
    """Writes the data that the script reads."""
    np.save(folder / "data.npy", np.random.default_rng(0).normal(size=(128, 20)).astype("f4"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the data that the script reads."""
    fill(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the seeded script and its data, and in its `runs` the run of it."""
    folder = tmp_path_factory.mktemp("ran")
    fill(folder)
    (folder / "train.py").write_text(SEEDED)
    subprocess.run(
        [sys.executable, "-m", "backprobe", "run", "--budget", "none", "train.py"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "BACKPROBE_DIR": str(folder / "runs")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    return folder


@pytest.fixture
def seeded(ran: Path, store_directory: Path) -> Iterator[Path]:
    """That folder, with its run in the test's own store; what a test changes is put back."""
    shutil.copytree(ran / "runs", store_directory)
    yield ran
    fill(ran)
    (ran / "train.py").write_text(SEEDED)


def answer(command: Command, code: int) -> dict[str, Any]:
    """What `repro latest --json` says."""
    done = command("repro", "latest", "--json")
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.usefixtures("seeded")
def test_identical(command: Command) -> None:
    """A seeded script is the same bit for bit, and `latest` is still the first run."""
    found = answer(command, 0)
    assert found["identical"]
    assert found["compared"]["steps"] == found["compared"]["observed"] == 8
    assert found["compared"]["lengths"] == [8, 8]
    assert found["generators"] == found["notes"] == []
    text = command("repro", "latest")
    assert text.output.startswith("identical: 8 steps")


def test_unseeded_numpy(folder: Path, launch: Launch, command: Command) -> None:
    """Numbers of a generator that nobody seeded: the batch differs first, and why is said."""
    noise = " + torch.from_numpy(np.random.normal(size=(16, 20)).astype('f4'))"
    (folder / "train.py").write_text(TRAINING.format(seed=0, noise=noise))
    launch("--budget", "none", "train.py")
    found = answer(command, 1)
    assert (found["first_difference"]["step"], found["first_difference"]["what"]) == (0, "batch")
    assert "numpy" in found["generators"]


def test_other_data(seeded: Path, command: Command) -> None:
    """One row that changed on disk is found at the step that serves it."""
    data = np.load(seeded / "data.npy")
    data[5 * 16] += 1.0
    np.save(seeded / "data.npy", data)
    found = answer(command, 1)
    assert (found["first_difference"]["step"], found["first_difference"]["what"]) == (5, "batch")


def test_a_script_that_changed(seeded: Path, command: Command) -> None:
    """Without git its recorded text runs, beside today's data."""
    (seeded / "train.py").write_text(RATE)
    found = answer(command, 0)
    assert found["identical"]
    assert "has changed since" in found["notes"][0]
    assert (seeded / "train.py").read_text() == RATE


def test_a_commit_and_its_diff(folder: Path, launch: Launch, command: Command) -> None:
    """The recorded commit with the diff on it, whatever was committed since; data is linked."""

    def git(*words: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)

    git("init", "-q")
    (folder / "train.py").write_text(RATE)
    git("add", "train.py")
    git("commit", "-qm", "one")
    (folder / "train.py").write_text(SEEDED)  # the diff
    launch("--budget", "none", "train.py")
    (folder / "train.py").write_text(RATE.replace("16", "8"))
    git("commit", "-qam", "two")
    found = answer(command, 0)
    assert found["identical"]
    assert "and its diff" in found["notes"][0]
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert "train.py" not in status.stdout


@pytest.mark.usefixtures("seeded")
def test_bounded(command: Command) -> None:
    """`--steps` ends the second run early; as far as it goes the two are the same."""
    done = command("repro", "latest", "--steps", "3", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["compared"]["lengths"] == [3, 3]


def test_an_imported_run_is_refused(folder: Path, command: Command) -> None:
    """In one line: there is nothing to run."""
    (folder / "a.csv").write_text("step,loss\n0,1\n")
    command("import", "a.csv")
    done = command("repro", "latest")
    assert done.exit_code == 2
    assert "it was imported" in done.output

# SPDX-License-Identifier: Apache-2.0
"""A run passed on to the real trackers, and read back from their files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backprobe.face.init import init
from backprobe.integrations import forward, sinks
from backprobe.records import Run
from backprobe.store import catalog
from backprobe.store.imports import sources

STEPS = 12


@pytest.fixture
def run(store_directory: Path) -> Run:
    """A run of a script that logs a loss which ends in NaN under a name of its own."""
    live = init(project="fwd", name="small", config={"lr": 0.1})
    for step in range(STEPS):
        live.log({"train/loss": 2.0 * 0.9**step, "text": "no number"})
    live.finish(quiet=True)
    return catalog.find(store_directory)


@pytest.mark.filterwarnings("ignore")  # the trackers' own
@pytest.mark.parametrize("kind", ["tensorboard", "wandb", "mlflow"])
def test_forwarded(run: Run, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number arrives, with the config."""
    library = {"tensorboard": "struct", "wandb": "wandb", "mlflow": "mlflow"}[kind]
    pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    into = {"tensorboard": "logs", "wandb": "there", "mlflow": "sqlite:///there.db"}[kind]
    sink = sinks.begin(kind, run, into)
    assert forward.follow(run, sink) == STEPS
    place = {"tensorboard": "logs", "wandb": "wandb", "mlflow": "there.db"}[kind]
    (back,) = sources.read(tmp_path / place)
    values = [row["train/loss"] for _, _, row in back.rows if "train/loss" in row]
    assert values == pytest.approx([2.0 * 0.9**step for step in range(STEPS)])
    assert back.config["lr"] == 0.1


def test_a_live_run_is_followed_to_its_end(store_directory: Path, tmp_path: Path) -> None:
    """Begun before the run has ended: all of it arrives, each row once."""
    text = (
        "import time, backprobe\n"
        "run = backprobe.init(name='live')\n"
        "for step in range(20):\n"
        "    run.log({'loss': 1.0 / (step + 1)}); time.sleep(0.05)\n"
        "run.finish(quiet=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.DEVNULL) as script:
        while not catalog.runs(store_directory):
            assert script.poll() is None
        run = catalog.find(store_directory)
        sink = sinks.begin("tensorboard", run, str(tmp_path / "logs"))
        assert forward.follow(run, sink) == 20
    (back,) = sources.read(tmp_path / "logs")
    assert len(back.rows) == 20

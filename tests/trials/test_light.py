# SPDX-License-Identifier: Apache-2.0
"""Trials of a proof record what verdicts and learning curves need, and no more."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backprobe.records import Record
from backprobe.store import catalog
from backprobe.store.reader import RunReader
from backprobe.trials.forking import _harmless_imports
from backprobe.trials.launch import Task
from backprobe.trials.nouns import Arm, Trial
from backprobe.trials.pool import Pool

from . import programs

EVALUATES = (
    programs.HEAD
    + """\
y = (x[:, :4].sum(1) > 0).long()
model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, OUTPUTS))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
train = DataLoader(TensorDataset(x[:600], y[:600]), batch_size=20, shuffle=True)
test = DataLoader(TensorDataset(x[600:], y[600:]), batch_size=50)
for epoch in range(3):
    model.train()
    for a, b in train:
        optimizer.zero_grad()
        LOSS.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        for a, b in test:
            model(a)
"""
)
"""Says nothing itself: what it is judged by the probe computes."""
LOSSES = {
    "nn.functional.cross_entropy(model(a), b)": "2",
    "nn.functional.mse_loss(model(a)[:, 0], b.float())": "1",
}


def both(folder: Path, text: str) -> tuple[tuple[Trial, Record], tuple[Trial, Record]]:
    """The same trial watched in full, and as a proof has it."""
    (folder / "train.py").write_text(text)
    run = catalog.create(folder / "store", command=(sys.executable, "train.py"), cwd=str(folder))
    task = Task(run, Arm(), 1, None)
    with Pool(folder / "store", 2) as pool:
        found = pool.run([task, replace(task, light=True)])
    records = []
    for trial in found:
        assert not trial.failure
        reader = RunReader(trial.run)
        reader.refresh()
        records.append(reader.record())
    return (found[0], records[0]), (found[1], records[1])


@pytest.mark.parametrize("loss", list(LOSSES))
def test_a_light_trial_comes_to_the_same(tmp_path: Path, loss: str) -> None:
    """Its outcomes, its learning curve and its evaluations are those of one that is watched."""
    text = EVALUATES.replace("LOSS", loss).replace("OUTPUTS", LOSSES[loss])
    (full, watched), (light, record) = both(tmp_path, text)
    assert full.values
    assert full.values == light.values
    assert len(record.steps) == 90
    np.testing.assert_array_equal(watched.steps["loss"], record.steps["loss"])
    for name in ("step", "loss", "accuracy", "batches", "rows"):
        np.testing.assert_array_equal(watched.evaluations[name], record.evaluations[name])


def test_a_light_trial_reads_no_layer_and_no_gradient(tmp_path: Path) -> None:
    """Nobody asks a trial for them."""
    (_, watched), (_, record) = both(tmp_path, programs.NO_ZERO_GRAD)
    assert np.isfinite(watched.steps["grad_norm"]).any()
    assert not np.isfinite(record.steps["grad_norm"]).any()
    assert watched.places
    assert not record.places
    assert not record.named("failure")


def test_what_was_imported_for_all_is_not_taken_apart() -> None:
    """Each trial would do it again: torch's own libraries alone take 30 ms."""
    text = (
        "import weakref\n"
        "from backprobe.probe import trial_server\n"
        "class Kept: pass\n"
        "kept = Kept()\n"
        "weakref.finalize(kept, print, 'before')\n"
        "trial_server._keep_finalizers()\n"
        "weakref.finalize(kept, print, 'after')\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "after\n"


def test_modules_beside_the_script_are_looked_through_for_imports(tmp_path: Path) -> None:
    """What they import is imported once for all trials, wherever in the file it stands."""
    (tmp_path / "train.py").write_text("import data\nimport torch\n")
    (tmp_path / "data.py").write_text("import train\ndef load():\n    import numpy.ma as ma\n")
    assert _harmless_imports(tmp_path / "train.py") == ["numpy.ma"]


def test_what_the_probe_calls_is_no_call_of_the_scripts(tmp_path: Path) -> None:
    """It detaches what it looks at; a script that detaches nothing has nothing to be treated."""
    (tmp_path / "train.py").write_text(programs.SIGMOIDS)
    run = catalog.create(
        tmp_path / "store", command=(sys.executable, "train.py"), cwd=str(tmp_path)
    )
    task = Task(run, Arm(("ignore-detach",)), 0, None)
    with Pool(tmp_path / "store", 1) as pool:
        for trial in pool.run([replace(task, light=True), task]):
            assert "never applied" in trial.refused["ignore-detach"]

# SPDX-License-Identifier: Apache-2.0
"""`backprobe.findings` and `diagnose`, from a script that ends its run and from elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import backprobe

SCRIPT = """
import torch
import backprobe as wandb

torch.manual_seed(0)
x, y = torch.randn(256, 20), torch.randint(0, 4, (256,))
model = torch.nn.Sequential(torch.nn.Linear(20, 16), torch.nn.ReLU(), torch.nn.Linear(16, 4))
for layer in (model[0], model[2]):
    torch.nn.init.constant_(layer.weight, 100.0)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
run = wandb.init(name="all-alike")
wandb.watch(model)
for _ in range(40):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
during = {one.rule for one in wandb.findings()}
wandb.finish()
after = [one.rule for one in wandb.findings()]
assert after == [one.rule for one in wandb.diagnose(run)]
print(*after)
print(*during)
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The store of a script, and what it prints: its rules after the run, and during it."""
    folder = tmp_path_factory.mktemp("ended")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=folder,
        env={**os.environ, "BACKPROBE_DIR": str(folder / "runs")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "runs", done.stdout.splitlines()


@pytest.fixture
def printed(ended: tuple[Path, list[str]], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rules that a script finds in its own run, in whose store the test is."""
    store, lines = ended
    monkeypatch.setenv("BACKPROBE_DIR", str(store))
    return lines


def test_findings_are_there_during_and_after_the_run(printed: list[str]) -> None:
    """The script's own run is meant, and weights that are all 100 are seen at once."""
    after, during = (set(line.split()) for line in printed)
    assert "init-scale-too-large" in after
    assert "init-scale-too-large" in during


def test_a_stored_run_is_named_as_on_the_command_line(printed: list[str]) -> None:
    """By name, by id, as the latest, and as `Api` gives it: the same findings."""
    stored = backprobe.Api().runs()[0]
    for run in (None, "latest", "all-alike", stored.id, stored):
        assert [one.rule for one in backprobe.findings(run)] == printed[0].split()


@pytest.mark.usefixtures("printed")
def test_rules_and_milder_findings_can_be_left_out() -> None:
    """`ignore` silences a rule, `min_severity` what is milder."""
    everything = backprobe.findings("latest")
    left = backprobe.diagnose("latest", ignore=[everything[0].rule])
    assert everything[0].rule not in {one.rule for one in left}
    for severity in ("warning", "error"):
        graver = [one for one in everything if one.severity in (severity, "error")]
        assert backprobe.findings("latest", severity) == graver


def test_what_cannot_be_meant_is_refused() -> None:
    """An unknown run and an unknown severity are errors that say what was expected."""
    with pytest.raises(backprobe.CommError, match="no run 'nobody'"):
        backprobe.findings("nobody")
    with pytest.raises(backprobe.UsageError, match="'warning'"):
        backprobe.findings(min_severity="grave")  # type: ignore[arg-type]

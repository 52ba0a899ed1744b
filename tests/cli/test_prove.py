# SPDX-License-Identifier: Apache-2.0
"""`backprobe run --treat` and `backprobe prove`, as one types them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from click.testing import Result

from backprobe.store import catalog

from .conftest import Launch

SICK = """\
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(400, 6)
y = x[:, :1] * 2 + x[:, 1:2] * x[:, 2:3]
model = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10):
    for rows in torch.randperm(300).split(20):
        loss = nn.functional.mse_loss(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print(f"FINAL mse={nn.functional.mse_loss(model(x[300:]), y[300:]).item():.5f}")
"""


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script, and in its `runs` the run of it."""
    folder = tmp_path_factory.mktemp("sick")
    (folder / "train.py").write_text(SICK)
    subprocess.run(
        [sys.executable, "-m", "backprobe", "run", "train.py"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "BACKPROBE_DIR": str(folder / "runs")},
        capture_output=True,
        check=True,
    )
    return folder


@pytest.fixture
def stored(sick: Path, store_directory: Path) -> Path:
    """The script's folder, with its run in the test's own store."""
    shutil.copytree(sick / "runs", store_directory)
    return sick


def prove(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`backprobe prove` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "backprobe", "prove", *words],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def value(out: str) -> float:
    """What a script printed as FINAL."""
    return float(out.rsplit("=", 1)[1])


def test_from_a_finding_to_a_proven_cure(
    launch: Launch, script: Callable[..., Path], tmp_path: Path
) -> None:
    """Run, prove, and run under what was proven: the JSON, its exit status, and the store."""
    script(SICK)
    sick = launch("train.py")
    done = prove(tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["best"] == ["zero-grad"]
    first = answer["trials"][0]
    assert (first["treatment"], first["verdict"]) == (["zero-grad"], "helps")
    assert first["outcome"] == {"name": "mse", "source": "printed", "better": "lower"}
    assert first["interval"][0] <= first["effect"] <= first["interval"][1]
    assert first["finding"] == "missing-zero-grad"
    assert first["control"][0] == value(sick.out)
    assert len(first["runs"]) == len(answer["control"]["runs"]) == 3
    assert first["confirmed"]["better"]
    assert first["confirmed"]["seed"] not in first["seeds"]
    shown = subprocess.run(
        [sys.executable, "-m", "backprobe", "runs", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer["run"] in shown.stdout
    cured = launch("--treat", "zero-grad", "train.py")
    assert value(cured.out) == first["treated"][0]


def test_a_treatment_that_does_not_fit_says_why(
    launch: Launch, script: Callable[..., Path]
) -> None:
    """On standard error; the script goes on, and its output is that of an untreated run."""
    script(SICK)
    done = launch("--treat", "standardize-inputs", "--treat", "unfreeze", "train.py")
    assert done.status == 0
    assert "unfreeze is not applied: no parameter is frozen" in done.err
    assert "standardize-inputs is not applied" not in done.err
    assert "treated by standardize-inputs\n" in done.err


def test_wrong_treatments_are_refused_before_the_run(
    command: Callable[..., Result], script: Callable[..., Path]
) -> None:
    """Exit status 2, and what was probably meant."""
    script(SICK)
    for words in (
        ("run", "--treat", "swap-activation=rleu", "train.py"),
        ("prove", "--treat", "swap-activation=rleu"),
    ):
        done = command(*words)
        assert done.exit_code == 2
        assert "relu|leaky_relu" in done.output


def test_nothing_to_prove_is_said(
    launch: Launch, script: Callable[..., Path], tmp_path: Path
) -> None:
    """A run without findings that propose anything; an empty list as JSON."""
    script()
    launch("train.py", "12")
    done = prove(tmp_path, "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["trials"], answer["best"]) == (0, [], None)
    assert "name one with --treat" in prove(tmp_path).stderr


def test_a_run_that_cannot_be_repeated_is_refused(command: Callable[..., Result]) -> None:
    """Exit status 2 where there is no such run."""
    done = command("prove", "nosuchrun")
    assert done.exit_code == 2
    assert "no run 'nosuchrun'" in done.output


def test_a_proof_goes_on_after_a_kill(stored: Path) -> None:
    """SIGKILL in the middle: what was finished is not run again, and no child outlives it."""
    store = catalog.store_directory()
    words = [sys.executable, "-m", "backprobe", "prove", "--jobs", "1", "--no-confirm"]
    killed = subprocess.Popen(
        words,
        cwd=stored,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def finished() -> list[str]:
        found = [run for run in catalog.runs(store) if run.kind == "trial"]
        return [r.id for r in found if r.state == "finished" and "seconds" in r.config]

    end = time.monotonic() + 200
    while len(finished()) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    children = psutil.Process(killed.pid).children(recursive=True)
    killed.kill()
    killed.wait()
    _, alive = psutil.wait_procs(children, timeout=30)
    assert alive == []
    before = finished()
    assert len(before) >= 2
    answer = json.loads(prove(stored, "--json", "--no-confirm").stdout)
    used = [*answer["control"]["runs"], *(run for one in answer["trials"] for run in one["runs"])]
    assert set(before) <= set(used)
    assert answer["best"] == ["zero-grad"]
    assert len(finished()) == len(used)


def test_the_cure_as_a_patch(launch: Launch, script: Callable[..., Path], tmp_path: Path) -> None:
    """Proven in a copy by plain Python; git applies it, and the script is cured."""
    script(SICK)
    sick = launch("train.py")
    done = prove(tmp_path, "--treat", "zero-grad", "--patch", "cure.patch", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)["patch"]
    assert made["run_by"] == "python"
    assert made["control"] == value(sick.out) > made["patched"]
    assert (tmp_path / "train.py").read_text() == SICK
    assert (tmp_path / "cure.patch").read_text() == made["diff"]
    subprocess.run(["git", "apply", "cure.patch"], cwd=tmp_path, check=True)
    cured = subprocess.run(
        [sys.executable, "train.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert value(cured.stdout) == made["patched"]
    text = prove(tmp_path, "--treat", "accumulate=4+zero-grad", "--patch", "-")
    assert "no patch: " in text.stderr


LARGE_TARGETS = """\
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(600, 4)
y = 400_000 + 100_000 * x[:, 0]
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(300):
    rows = torch.randint(0, 500, (32,))
    loss = nn.functional.mse_loss(model(x[rows]).squeeze(1), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    print(f"test mae={(model(x[500:]).squeeze(1) - y[500:]).abs().mean().item():.0f}")
"""


def test_a_patch_of_the_second_best_says_why_it_is_not_the_best(
    launch: Launch, script: Callable[..., Path], tmp_path: Path
) -> None:
    """Nothing of the best treatment is passed over in silence."""
    script(LARGE_TARGETS)
    launch("train.py")
    done = prove(
        *(tmp_path, "--treat", "standardize-targets", "--treat", "scale-lr=100", "--no-confirm"),
        *("--patch", "cure.patch"),
    )
    assert "best: standardize-targets\n" in done.stdout
    assert "not as a patch: standardize-targets is not written into a source\n" in done.stdout
    assert "patch: scale-lr=100; run in a copy by plain Python" in done.stdout
    assert "lr=1)" in (tmp_path / "cure.patch").read_text()


def test_a_guess_beside_the_findings(stored: Path) -> None:
    """`--random-control` tries one more, which no finding asked for; the table says so."""
    done = prove(stored, "--random-control", "--json", "--no-confirm", "--seeds", "2")
    found = [one["finding"] for one in json.loads(done.stdout)["trials"]]
    assert found.count("random control") == 1
    assert "(random)" in prove(stored, "--random-control", "--no-confirm", "--seeds", "2").stdout


@pytest.mark.usefixtures("stored")
def test_options_of_executors_are_checked(command: Callable[..., Result]) -> None:
    """Exit status 2 in one line."""
    for words, said in (
        (("--option", "address=auto"), "for --executor ray and slurm"),
        (("--executor", "slurm", "--option", "partition"), "expected KEY=VALUE"),
        (("--executor", "slurm"), "--executor slurm: "),
    ):
        done = command("prove", "--treat", "zero-grad", *words)
        assert done.exit_code == 2
        assert said in done.output

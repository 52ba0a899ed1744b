# SPDX-License-Identifier: Apache-2.0
"""Disks and clocks that misbehave under a whole watched run: the training goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from backprobe.records import Record
from backprobe.store import catalog
from backprobe.store.reader import RunReader

pytestmark = pytest.mark.slow
SECONDS = 240.0
TRAINING = """\
import os, resource, shutil, sys, time
import torch
from torch import nn
import backprobe

{before}
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
run = backprobe.init()
losses = []
for step in range({steps}):
    x = torch.randn(16, 8)
    loss = nn.functional.cross_entropy(net(x), x[:, :4].argmax(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    {during}
print(len(losses), losses[-1])
"""


def trained(
    folder: Path, before: str = "", during: str = "", steps: int = 40, prefix: tuple[str, ...] = ()
) -> tuple[str, str]:
    """Standard output and error of a training that ended well, under `backprobe run`."""
    text = TRAINING.format(
        before=textwrap.dedent(before),
        during=textwrap.indent(textwrap.dedent(during), "    ").strip(),
        steps=steps,
    )
    (folder / "train.py").write_text(text)
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "backprobe", "run", "--budget", "none", "train.py"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split()[0] == str(steps)
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def record(directory: Path) -> Record:
    """The record of the newest run."""
    reader = RunReader(catalog.find(directory))
    reader.refresh()
    return reader.record()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the training prints where nothing misbehaves."""
    folder = tmp_path_factory.mktemp("undisturbed")
    before = os.environ.get("BACKPROBE_DIR")
    os.environ["BACKPROBE_DIR"] = str(folder / "runs")
    try:
        return trained(folder)[0]
    finally:
        os.environ.pop("BACKPROBE_DIR")
        if before is not None:
            os.environ["BACKPROBE_DIR"] = before


@pytest.mark.parametrize("jump", [-86_400.0, 3.2e9, -1e10])
def test_a_clock_that_jumps(
    tmp_path: Path, store_directory: Path, undisturbed: str, jump: float
) -> None:
    """Back by a day, ahead by a century, back to 1970: all steps are there, none takes negative."""
    during = f"""\
        if step == 15:
            now = time.time
            time.time = lambda: max(0.0, now() + {jump})
        time.sleep(0.02)
    """
    out, err = trained(tmp_path, during=during)
    assert out == undisturbed
    found = record(store_directory)
    assert found.steps["step"].tolist() == list(range(40))
    assert (found.steps["seconds"] > 0).all()
    assert found.damage == ()
    assert found.named("failure") == ()
    run = catalog.find(store_directory)
    assert run.state == "finished"
    shown = subprocess.run(
        [sys.executable, "-m", "backprobe", "show", "latest", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["steps"] == 40
    assert "failed" not in err


def test_100_megabytes_a_second(tmp_path: Path, store_directory: Path, undisturbed: str) -> None:
    """200 MB of rows in the shortest time: all are there, the record of the steps too."""
    during = """\
        for part in range(5):
            backprobe.log({"text": "x" * 1_000_000, "number": 5 * step + part})
    """
    out, _ = trained(tmp_path, during=during)
    assert out == undisturbed
    found = record(store_directory)
    assert found.history["number"][1].tolist() == list(range(200))
    assert found.steps["step"].tolist() == list(range(40))
    assert found.damage == ()


def test_a_record_at_its_limit(
    tmp_path: Path, store_directory: Path, undisturbed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far more than the limit is logged: the run says once what it leaves out, and no row of it."""
    monkeypatch.setenv("BACKPROBE_LIMIT", "200kB")
    during = """\
        backprobe.log({"text": "x" * 20_000, "number": step})
        time.sleep(0.1)
        from backprobe import session
        for _ in range(600 if step == 39 else 0):  # a process beside the run thins the log
            if session.current().writer.refused:
                break
            time.sleep(0.1)
    """
    out, err = trained(tmp_path, during=during)
    assert out == undisturbed
    found = record(store_directory)
    assert found.history["number"][1].tolist() == list(range(40))
    assert found.steps["step"].tolist() == list(range(40))
    assert err.count("backprobe: the record is full") == 1
    assert any("the record is full" in text for text in found.blind_spots)


def test_a_full_disk(tmp_path: Path, undisturbed: str) -> None:
    """No file may grow beyond a few kilobytes: told once, in one line."""
    before = "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, resource.RLIM_INFINITY))"
    out, err = trained(tmp_path, before=before, during="time.sleep(0.02)")
    assert out == undisturbed
    assert err.count("cannot write") == 1
    assert "the training goes on" in err


def test_a_full_file_system(tmp_path: Path, undisturbed: str) -> None:
    """The same on a file system of 300 kB of its own."""
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare, to mount a file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=300k none {disk} && exec "$@"'
    inside = ("unshare", "-rm", "sh", "-c", mount, "sh")
    tried = subprocess.run([*inside, "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("needs the right to mount a file system in a namespace of one's own")
    during = """\
        backprobe.log({"text": "x" * 20_000})
        time.sleep(0.02)
    """
    environment = ("env", f"BACKPROBE_DIR={disk / 'runs'}")
    out, err = trained(tmp_path, during=during, prefix=(*inside, *environment))
    assert out == undisturbed
    assert err.count("backprobe: cannot") == 1, err
    assert "No space left" in err


@pytest.mark.usefixtures("store_directory")
def test_a_folder_that_is_removed(tmp_path: Path, undisturbed: str) -> None:
    """The store vanishes in mid-run: said once, and the script ends as it would."""
    during = """\
        if step == 10:
            shutil.rmtree(os.environ["BACKPROBE_DIR"])
        time.sleep(0.35)
    """
    out, err = trained(tmp_path, during=during)
    assert out == undisturbed
    assert err.count("backprobe: cannot") == 1, err
    assert err.count("the record is not whole") == 1

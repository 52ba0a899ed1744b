# SPDX-License-Identifier: Apache-2.0
"""`backprobe demo`: the scripts do what is said of them, and what is wrong with them is found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from backprobe.demo import DEMOS

FIRST = {
    "sigmoid-cnn": "vanishing-gradients in conv1",
    "bad-weights-cnn": "(symmetric-init|init-scale-too-large) in conv1",
    "exploding-regression": "targets-not-normalized",
    "healthy-cnn": "nothing, as it should be",
}
"""The first finding of each."""


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in a folder; its runs go to the store of the test."""
    return subprocess.run(
        [sys.executable, "-m", "backprobe", "demo", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", [one.name for one in DEMOS])
def test_each_script_gets_its_diagnosis(name: str, tmp_path: Path) -> None:
    """The cause is named first, only the healthy one learns, and it ends without a terminal."""
    done = demo(tmp_path, "--only", name)
    assert done.returncode == 0, done.stderr
    summary = done.stdout.partition("What was found\n")[2]
    assert re.search(rf"^  {name} +{FIRST[name]}", summary, re.MULTILINE), summary
    assert "The dashboard: backprobe ui" in summary
    accuracies = re.findall(r"test accuracy ([\d.]+)%", done.stdout)
    assert (float(accuracies[-1]) > 95 if accuracies else False) == (name == "healthy-cnn")


def test_an_unknown_script_is_refused_in_one_line(tmp_path: Path) -> None:
    """Status 2, and the line says which there are."""
    done = demo(tmp_path, "--only", "transformer")
    assert done.returncode == 2
    assert "healthy-cnn" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_missing_packages_are_named_with_the_line_that_installs_them(tmp_path: Path) -> None:
    """Without scikit-learn nothing is run, and the text says what to install."""
    (tmp_path / "blocked.py").write_text(
        "import sys, importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'sklearn' else find(name, *rest)\n"
        "from backprobe.cli.main import main\n"
        "main(['demo'])\n"
    )
    done = subprocess.run(
        [sys.executable, "blocked.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "scikit-learn" in done.stderr
    assert "pip install 'backprobe[demo]'" in done.stderr

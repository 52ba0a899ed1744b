# SPDX-License-Identifier: Apache-2.0
"""Scripts of users of other people's trainers, run by plain `python` and by `backprobe run`."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from backprobe.records import Finding, Record
from backprobe.session import examine
from backprobe.store import catalog

Trained = Callable[..., tuple[Record, list[Finding]]]
SECONDS = 300.0


@pytest.fixture
def trained(tmp_path: Path, store_directory: Path) -> Trained:
    """Runs a script's text, observed densely, and gives the record and findings of its run."""

    def run(text: str, *prefix: str) -> tuple[Record, list[Finding]]:
        file = tmp_path / "train.py"
        file.write_text(textwrap.dedent(text))
        done = subprocess.run(
            [sys.executable, *prefix, str(file)],
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1", "BACKPROBE_BUDGET": "1"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return examine(catalog.find(store_directory))

    return run


UNDER_RUN = ("-m", "backprobe", "run")


def main_rules(findings: list[Finding]) -> set[str]:
    """What was found, of warnings and errors.

    Not at which lines: a callback comes when the modules are made already.
    """
    return {one.rule for one in findings if one.severity != "note"}

# SPDX-License-Identifier: Apache-2.0
"""Scripts of users, run by plain `python` in a process and folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Runs a script's text; its runs are in the test's store."""

    def run(
        text: str, *arguments: str, code: int = 0, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        file = folder / "train.py"
        file.write_text(textwrap.dedent(text))
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("WANDB_")
        }
        done = subprocess.run(
            [sys.executable, str(file), *arguments],
            cwd=folder,
            env={**environment, "OMP_NUM_THREADS": "1", **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, done.stderr
        return done

    return run

# SPDX-License-Identifier: Apache-2.0
"""A range test under DDP: two real gloo processes agree on every loss and on the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_both_ranks_make_the_same_sweep(tmp_path: Path) -> None:
    """Their rows differ, their losses are the mean of both, and so is what they suggest."""
    command = [sys.executable, "-m", "tests.experiments.distributed_range"]
    ranks = [
        subprocess.Popen(
            [*command, str(rank), str(tmp_path)],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    errors = [rank.communicate(timeout=240)[1] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], errors
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in range(2))
    assert first["losses"] == second["losses"]
    assert len(first["losses"]) == 2
    assert first["suggestion"] == second["suggestion"]
    assert first["suggestion"] is not None
    assert first["restored"]
    assert second["restored"]

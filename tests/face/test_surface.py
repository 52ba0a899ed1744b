# SPDX-License-Identifier: Apache-2.0
"""W&B's surface, row by row: the small scripts that `benchmarks/surface.py` counts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import backprobe
from benchmarks.surface import ROWS


@pytest.mark.filterwarnings("ignore")  # of what the scripts plot with
@pytest.mark.parametrize("row", ROWS)
def test_row(row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script runs to its end with backprobe as `wandb`."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    before = dict(os.environ)
    try:
        exec(compile(ROWS[row], row, "exec"), {"wandb": backprobe})
    finally:
        if backprobe.run is not None:
            backprobe.unwatch()
        backprobe.finish(quiet=True)
        os.environ.clear()
        os.environ.update(before)

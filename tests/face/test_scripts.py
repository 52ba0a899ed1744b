# SPDX-License-Identifier: Apache-2.0
"""Scripts that use W&B's surface as people do, far beyond its first page: none may break."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

import backprobe
from backprobe.face import also, notices
from backprobe.face.absent import Absent

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))


@pytest.mark.filterwarnings("ignore")  # of what the scripts plot with
@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.stem)
def test_it_runs_to_its_end(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With backprobe as `wandb`, nothing that the script calls or reads is missing."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    before = dict(os.environ)
    try:
        runpy.run_path(str(file), run_name="__main__")
    finally:
        if backprobe.run is not None:
            backprobe.unwatch()
        backprobe.finish(quiet=True)
        os.environ.clear()
        os.environ.update(before)


def test_further_names_are_listed_once() -> None:
    """The module knows which names are found elsewhere, and promises none of them."""
    assert set(also.NAMES) == set(backprobe._ALSO)
    assert not set(also.NAMES) & set(backprobe.__all__)


def test_a_part_that_is_not_here_says_so_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any depth of attributes may be called, and what does something like it is named."""
    monkeypatch.setattr(notices, "_said", set())
    part = Absent("tensorboard")
    assert part.patch(root_logdir="logs")(1)(2) is not None
    part.unpatch()
    said = capsys.readouterr().err
    assert said.count("without effect here") == 1
    assert "backprobe import" in said
    assert not hasattr(part, "__len__")

# SPDX-License-Identifier: Apache-2.0
"""The progress bar of trials: counts, a clock that goes on, and nothing left behind."""

from __future__ import annotations

import io
import sys
import time

import pytest

from backprobe.records import Run
from backprobe.trials import progress
from backprobe.trials.nouns import Arm, Trial

RUN = Run(id="t", name="t", project="", created=0.0)


def test_it_counts_and_its_clock_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line is drawn anew while a trial runs, counts those that end, and is gone at the end."""
    monkeypatch.setattr(progress, "SECONDS", 0.02)
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress.Progress(True, "sweeps") as bar:
        assert "sweeps" in bar.line()
        assert "0/0" not in bar.line()
        bar.plan(1)
        drawn = screen.getvalue().count("0/1")
        time.sleep(0.3)
        assert screen.getvalue().count("0/1") > drawn
        bar.tell(Trial(Arm(()), 0, RUN))
        assert "1/1" in bar.line()
        bar.tell(Trial(Arm(()), 1, RUN))
        assert "2/2" in bar.line(), "one more than was planned"
    length = len(screen.getvalue())
    time.sleep(0.1)
    assert screen.getvalue().endswith(progress.ERASE)
    assert len(screen.getvalue()) == length


def test_nothing_is_drawn_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """Into a file or a pipe goes no bar."""
    with progress.Progress(False) as bar:
        bar.plan(3)
    assert capsys.readouterr().err == ""

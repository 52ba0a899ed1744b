# SPDX-License-Identifier: Apache-2.0
"""The last line of a run in which nothing was wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from backprobe.records import Finding
from backprobe.report import closing
from backprobe.store import catalog
from backprobe.store.reader import RunReader, log_name
from backprobe.store.writer import LogWriter


def last_line(store: Path, *rules: str) -> str:
    """The line for a run with one note of each rule."""
    run = catalog.create(store)
    findings = [Finding(rule, "note", 0.6, "measured") for rule in rules]
    return closing.lines(run, findings, RunReader(run).record())[0]


def test_notes_are_named(tmp_path: Path) -> None:
    """A note's name says whether it is worth a look."""
    said = last_line(tmp_path, "excessive-dropout")
    assert "1 note: excessive-dropout (`backprobe findings " in said


def test_a_rule_is_named_once_and_many_are_cut(tmp_path: Path) -> None:
    """The line stays a line."""
    said = last_line(tmp_path, "dead-relu", "dead-relu", "fan-ratio", "overfitting", "underfitting")
    assert "5 notes: dead-relu, fan-ratio, overfitting and 1 more (" in said


def test_nothing_is_said_of_no_notes(tmp_path: Path) -> None:
    """Silence on a healthy run."""
    assert "note" not in last_line(tmp_path)


@pytest.mark.parametrize(
    ("share", "seconds", "said"),
    [
        (0.013, 1.3, "watching cost 1.3 % (1.3 s)"),
        (0.37, 0.19, "watching cost 0.19 s, 37 % of so short a run"),
        (0.06, 6.0, "watching cost 6.0 % (6 s)"),
        (0.02, 1302.0, "watching cost 2.0 % (1,302 s)"),
    ],
)
def test_what_is_paid_once_is_told_as_seconds(
    tmp_path: Path, share: float, seconds: float, said: str
) -> None:
    """A large share of a short run is a matter of its length."""
    run = catalog.create(tmp_path)
    writer = LogWriter(Path(run.path) / log_name(0, 1))
    writer.event("cost", seconds=seconds, elapsed=seconds / share, share=share)
    writer.close()
    record = RunReader(run)
    record.refresh()
    assert f" · {said} · " in closing.lines(run, [], record.record())[0]

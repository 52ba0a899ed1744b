# SPDX-License-Identifier: Apache-2.0
"""The last line of a run in which nothing was wrong."""

from __future__ import annotations

from pathlib import Path

from backprobe.records import Finding
from backprobe.report import closing
from backprobe.store import catalog
from backprobe.store.reader import RunReader


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

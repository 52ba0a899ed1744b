# SPDX-License-Identifier: Apache-2.0
"""How findings are laid out for a terminal."""

from __future__ import annotations

import re

from backprobe.records import Finding, Record, Run, Source
from backprobe.report.terminal import render

RECORD = Record(run=Run("ab12cd34", name="calm-fox", cwd="/home/u/p"))
CAUSE = Finding(
    "missing-zero-grad",
    "error",
    0.99,
    "gradients are never cleared",
    source=Source("/home/u/p/train.py", 12, "optimizer.step()"),
    treatments=("zero-grad",),
    rank=1,
)
SYMPTOM = Finding(
    "not-learning",
    "warning",
    0.9,
    "the loss is 2.3",
    kind="symptom",
    explained_by=("missing-zero-grad",),
    rank=2,
)
NOTE = Finding("initial-loss-off", "note", 0.6, "the first loss is 9", rank=3)


def test_symptom_is_folded_under_its_cause() -> None:
    """One numbered finding; the symptom is what it shows."""
    text = render([CAUSE, SYMPTOM], RECORD, color=False, width=80)
    assert "1 error in calm-fox" in text
    assert "shows:  not-learning: the loss is 2.3" in text
    assert "\n2  " not in text


def test_line_is_relative_to_where_the_script_was_started() -> None:
    """Short, and still what an editor opens."""
    text = render([CAUSE], RECORD, color=False, width=80)
    assert "line:   train.py:12  optimizer.step()" in text


def test_notes_come_last_and_short() -> None:
    """A note is one paragraph without a number."""
    text = render([CAUSE, NOTE], RECORD, color=False, width=80)
    assert text.index("missing-zero-grad") < text.index("note:   initial-loss-off")


def test_unexplained_symptom_stands_alone() -> None:
    """It is numbered, and called a symptom."""
    alone = Finding("not-learning", "warning", 0.9, "the loss is 2.3", kind="symptom", rank=1)
    text = render([alone], RECORD, color=False, width=80)
    assert "1  warning  not-learning" in text
    assert "symptom:" in text


def test_colour_changes_nothing_but_colour() -> None:
    """Escape codes aside, both texts are the same."""
    plain = render([CAUSE, SYMPTOM, NOTE], RECORD, color=False, width=80)
    coloured = render([CAUSE, SYMPTOM, NOTE], RECORD, color=True, width=80)
    assert "\x1b[" not in plain
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_text_fits_the_width() -> None:
    """No line is longer, except a single long word."""
    long = Finding("dead-relu", "error", 0.9, "many words " * 30, rank=1)
    text = render([long], RECORD, color=False, width=60)
    assert max(len(line) for line in text.splitlines()) <= 60


def test_blind_spots_and_damage_are_said_even_without_findings() -> None:
    """Silence can be trusted only with what was not seen."""
    record = Record(run=Run("x"), blind_spots=("no evaluation",), damage=("bytes 3-9: torn",))
    text = render([], record, color=False, width=80)
    assert text.startswith("no finding: ")
    assert "unseen: no evaluation" in text
    assert "damage: bytes 3-9: torn" in text

# SPDX-License-Identifier: Apache-2.0
"""How grave an oddity is: by what it costs this run, not by how odd it looks."""

from __future__ import annotations

import math

from backprobe.records import Record, Severity
from backprobe.signals.generalisation import generalisation, told_score
from backprobe.signals.progress import Progress, progress

HURTS = 0.3
"""`Progress.hurt` from which a run learns too little to call its oddities harmless: it took away
less than 28 % of the trivial predictor's loss."""


WELL = 0.9
"""Share of the trivial loss taken away, or skill, from which a run leaves nothing to ask for."""


def imperfect(progress: Progress) -> bool:
    """Whether a run that learns may yet be held back: its oddities are worth a note."""
    return progress.state in ("learned", "learning") and progress.explained < WELL


def leaves_much(record: Record) -> bool:
    """Whether a run that learns is far from perfect: on held-out rows, where they are known."""
    state, held = progress(record), _held_out_skill(record)
    if not math.isnan(held):
        return held < WELL
    if state.baseline is None:
        return False  # how low this loss can fall is not known
    return state.state in ("learned", "learning") and state.explained < WELL


def answers_well(record: Record) -> bool:
    """Whether held-out rows are known to be answered well, whatever the loss."""
    return _held_out_skill(record) >= WELL


def _held_out_skill(record: Record) -> float:
    """Skill on held-out rows, else the score that the script tells; NaN unknown."""
    held = generalisation(record).held
    return told_score(record) if math.isnan(held) else held


def severity_of_mistake(record: Record) -> Severity:
    """Of what nobody does on purpose: a warning also where the run learns and leaves much."""
    severity = severity_by_harm(progress(record))
    return "warning" if severity == "note" and leaves_much(record) else severity


def severity_by_harm(progress: Progress) -> Severity:
    """error where the run fails, warning where it learns too little, note where it learns."""
    if progress.hurt < HURTS:
        return "note"
    return "error" if progress.failed else "warning"


def at_least_warning(severity: Severity) -> Severity:
    """Of what is wrong whatever the run learns: no note."""
    return "warning" if severity == "note" else severity


def at_most_warning(severity: Severity) -> Severity:
    """Of what is rarely all that a failing run suffers from: no error."""
    return "warning" if severity == "error" else severity

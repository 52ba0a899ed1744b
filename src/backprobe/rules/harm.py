# SPDX-License-Identifier: Apache-2.0
"""How grave an oddity is: by what it costs this run, not by how odd it looks."""

from __future__ import annotations

from backprobe.records import Record, Severity
from backprobe.signals.held_out import held_out
from backprobe.signals.progress import WELL_RIGHT, Progress, progress

HURTS = 0.3
"""`Progress.hurt` from which a run learns too little to call its oddities harmless: it took away
less than 28 % of the trivial predictor's loss."""


WELL = 0.9
"""Share of the trivial loss taken away from which a run leaves nothing to be asked for."""


def imperfect(progress: Progress) -> bool:
    """Whether a run that learns may yet be held back: its oddities are worth a note."""
    return progress.state in ("learned", "learning") and progress.explained < WELL


def leaves_much(record: Record) -> bool:
    """Whether a run that learns neither nears a perfect loss nor a right answer to most rows."""
    return imperfect(progress(record)) and not held_out(record).accuracy >= WELL_RIGHT


def severity_of_mistake(record: Record) -> Severity:
    """Of what nobody does on purpose: a warning also where the run learns and leaves much."""
    severity = severity_by_harm(progress(record))
    return "warning" if severity == "note" and leaves_much(record) else severity


def severity_by_harm(progress: Progress) -> Severity:
    """error where the run fails, warning where it learns too little, note where it learns."""
    if progress.hurt < HURTS:
        return "note"
    return "error" if progress.failed else "warning"

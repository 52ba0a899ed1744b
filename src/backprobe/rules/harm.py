# SPDX-License-Identifier: Apache-2.0
"""How grave an oddity is: by what it costs this run, not by how odd it looks."""

from __future__ import annotations

from backprobe.records import Severity
from backprobe.signals.progress import Progress

HURTS = 0.3
"""`Progress.hurt` from which a run learns too little to call its oddities harmless: it took away
less than 28 % of the trivial predictor's loss."""


WELL = 0.9
"""Share of the trivial loss taken away from which a run leaves nothing to be asked for."""


def imperfect(progress: Progress) -> bool:
    """Whether a run that learns may yet be held back: its oddities are worth a note."""
    return progress.state in ("learned", "learning") and progress.explained < WELL


def severity_by_harm(progress: Progress) -> Severity:
    """error where the run fails, warning where it learns too little, note where it learns."""
    if progress.hurt < HURTS:
        return "note"
    return "error" if progress.failed else "warning"

# SPDX-License-Identifier: Apache-2.0
"""How grave an oddity is: by what it costs this run, not by how odd it looks."""

from __future__ import annotations

from backprobe.records import Severity
from backprobe.signals.progress import Progress

HURTS = 0.3
"""`Progress.hurt` from which a run learns too little to call its oddities harmless: it took away
less than 28 % of the trivial predictor's loss."""


def severity_by_harm(progress: Progress) -> Severity:
    """error where the run fails, warning where it learns too little, note where it learns."""
    if progress.hurt < HURTS:
        return "note"
    return "error" if progress.failed else "warning"

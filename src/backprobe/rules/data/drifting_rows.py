# SPDX-License-Identifier: Apache-2.0
"""Stored training rows that something is written into at each pass."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import leaves_much
from backprobe.rules.wording import figure
from backprobe.signals.drift import drift_of_rows
from backprobe.signals.progress import progress

AWAY = 1.3
"""Times further from the evaluation rows: augmentation that stays the same does not move at all."""


def drifting_rows(record: Record, rule: str) -> list[Finding]:
    """A warning where the loss rises again as the rows move away, and much is left to learn."""
    state = progress(record)
    if state.trend is None or not leaves_much(record):
        return []
    if state.trend.last < state.trend.best + state.trend.margin:
        return []
    drift = drift_of_rows(record)
    if drift is None or drift.factor < AWAY:
        return []
    return [
        Finding(
            rule=rule,
            severity="warning",
            confidence=confidence(0.6, 0.9, beyond(drift.factor, AWAY, 5.0)),
            message=(
                f"the training rows of {drift.dataset} never come back as they were: their "
                f"deviation goes from {figure(drift.first)} in the first pass to "
                f"{figure(drift.last)} in pass {drift.passes}, away from the evaluation rows' "
                f"{figure(drift.judged)}: does something write into the stored rows (an "
                f"augmentation in place)? {state.in_words()}"
            ),
            steps=(0, drift.step),
            evidence={"first": drift.first, "last": drift.last, "judged": drift.judged},
        )
    ]

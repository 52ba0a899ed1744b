# SPDX-License-Identifier: Apache-2.0
"""Targets that are all one and the same answer."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.wording import at, figure
from backprobe.signals.one_answer import one_answer
from backprobe.signals.progress import progress


def same_answer(record: Record, rule: str) -> Finding | None:
    """The only answer that a network was ever told, which a constant gives."""
    told = one_answer(record)
    if told is None:
        return None
    what = f"class {told.value:.0f} of {told.classes}" if told.classes else figure(told.value)
    source = told.loss.source
    return Finding(
        rule=rule,
        severity="error",  # what has one answer only teaches nothing
        confidence=confidence(0.75, 0.97, beyond(told.rows, 200, 2000)),
        message=(
            f"each of the {told.rows:,} targets looked at is {what}{at(source)}: a constant is the "
            "right answer, whatever comes in; were the targets scaled, cast to integers or taken "
            f"from the wrong column on their way? {progress(record).in_words()}"
        ),
        source=source,
        steps=whole_run(record),
        evidence={"value": told.value, "rows": told.rows, "classes": told.classes},
    )

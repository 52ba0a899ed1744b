# SPDX-License-Identifier: Apache-2.0
"""Inputs mixed of two rows, whose labels have each other's weights."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, figure
from backprobe.signals.progress import progress

LOOKS = 8
"""Batches of the later half that were looked at."""
MOSTLY = 0.8
"""Of them, in which the label that weighs less is known better: half where neither is known."""
GAP = 0.1
"""Nats a row between the two: a tenth more probable. Both have the same labels in another order, so
what knows nothing of its inputs has 0."""


def mixed_labels(record: Record, rule: str) -> Finding | None:
    """The larger weight is taught one label, and the input shows the other.

    A sum of two losses of the same scores falls most where the heavier one does. If the lighter
    one's label is the likelier answer all the same, it is because the input holds more of it.
    """
    told = record.named("mixed-labels")
    if not told:
        return None
    looks, better, gap = (float(told[-1].data[key]) for key in ("looks", "better", "gap"))
    if looks < LOOKS or better < MOSTLY * looks or gap < GAP:
        return None
    source = progress(record).source
    return Finding(
        rule=rule,
        severity=severity_of_mistake(record),
        confidence=confidence(0.7, 0.95, between(gap, GAP, 1.0), between(looks, LOOKS, 30)),
        message=(
            f"the loss adds up two labels of each input{at(source)}, those of two rows that were "
            f"mixed; in {better:.0f} of {looks:.0f} batches the network finds the one that weighs "
            f"less more likely, by {figure(gap)} nats: the inputs hold more of it, so the labels, "
            "or their weights, are in each other's places"
        ),
        source=source,
        steps=whole_run(record),
        evidence={"looks": int(looks), "better": int(better), "gap": gap},
    )

# SPDX-License-Identifier: Apache-2.0
"""Pictures that are mirrored, and targets that are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backprobe.records import Finding, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, listed, percent, plural
from backprobe.signals.progress import progress

LEAST = 6
"""Pictures that came back mirrored."""
SHARE = 0.15
"""Of all that came back: a flip is drawn for half of them mostly."""
MISSED = 0.15
"""Most of a target's variance that is explained where the flip hides it: of a place in the picture
the best answer is the middle."""
LEARNT = 0.75
"""Least of another one's that is: the network and its training are sound."""


def mirrored(record: Record, rule: str) -> Finding | None:
    """A flip that leaves the targets as they are, where that shows to be wrong.

    A class, an age, a count of a mirrored picture stays the same: numbers count only where some
    are learnt and others not at all, and make a note: what is not learnt may have another reason. A
    mask of a mirrored picture never does.
    """
    told = (_judged(record, rule, e.data) for e in record.named("mirrored-inputs"))
    return next((found for found in told if found is not None), None)


def _judged(record: Record, rule: str, facts: Mapping[str, Any]) -> Finding | None:
    """Of the targets of one loss."""
    across, upright, same = (int(facts[key]) for key in ("across", "upright", "same"))
    count = across + upright
    others = int(facts["others"])
    if count < LEAST or count < SHARE * (count + same) or others > count + same:
        return None
    explained = [float(x) for x in facts.get("explained", ())]
    missed = [k for k, x in enumerate(explained) if x < MISSED]
    of_places = bool(facts["of_places"])
    if not of_places and (not missed or max(explained) < LEARNT):
        return None
    source = progress(record).source
    what = (
        "the very mask that they had before"
        if of_places
        else f"the very targets that they had before; of {plural(len(explained), 'target')} number "
        f"{listed([str(k + 1) for k in missed])} is not learnt at all "
        f"({percent(max(0.0, max(explained[k] for k in missed)))} of the variance at most), "
        f"another one is ({percent(max(explained))})"
    )
    axis = "left to right" if across >= upright else "upside down"
    return Finding(
        rule=rule,
        severity=severity_of_mistake(record) if of_places else "note",
        confidence=confidence(0.75, 0.95, between(count, LEAST, 40)) * (1.0 if of_places else 0.9),
        message=(
            f"{count} of {count + same} pictures that came back were mirrored {axis}, with "
            f"{what}{at(source)}: what is told of places has to be mirrored with the picture"
        ),
        source=source,
        steps=whole_run(record),
        evidence={"mirrored": count, "same": same, "explained": explained},
    )

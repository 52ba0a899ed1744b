# SPDX-License-Identifier: Apache-2.0
"""Cosines that a factor leaves too close together for a softmax to tell them apart."""

from __future__ import annotations

import math

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import HURTS, at_most_warning, severity_by_harm
from backprobe.rules.wording import at, figure
from backprobe.signals.progress import progress

FLOOR = 0.9
"""Share of a constant answer's loss below which a cross entropy has to get: cosines as they are
get to 0.3 of ten classes, 0.6 of 256, and 0.8 of 50,000."""


def flat_cosines(record: Record, rule: str, loss: Loss) -> Finding | None:
    """A cross entropy of cosines that cannot fall far below that of equal scores."""
    scale = loss.output.get("cosine_scale")
    if loss.kind != "cross_entropy" or scale is None or loss.classes < 2:
        return None
    constant = math.log(loss.classes)
    floor = math.log1p((loss.classes - 1) * math.exp(-2.0 * abs(float(scale))))
    state = progress(record)
    if floor < FLOOR * constant or state.hurt < HURTS:
        return None
    return Finding(
        rule=rule,
        severity=at_most_warning(severity_by_harm(state)),
        confidence=confidence(0.7, 0.95, between(floor / constant, FLOOR, 1.0), state.hurt),
        message=(
            f"the scores{at(loss.source)} are cosines times {figure(float(scale))}: between the "
            f"best and the worst of {loss.classes:,} they make the loss no less than "
            f"{figure(floor)}, and equal ones {figure(constant)}; does a temperature multiply "
            f"where it should divide? {state.in_words()}"
        ),
        source=loss.source,
        evidence={"cosine_scale": float(scale), "floor": floor, "constant": constant},
    )

# SPDX-License-Identifier: Apache-2.0
"""A result that a loss compares with itself."""

from __future__ import annotations

from backprobe.records import Finding, Loss
from backprobe.rules.confidence import confidence
from backprobe.rules.wording import at

WAYS = {
    "scores": (
        "the similarities{at} are those of a batch's rows with the very same rows, and each row's "
        "right answer is itself, which is the most alike whatever the network does"
    ),
    "difference": "the difference{at} is that of a result and itself: 0 whatever the network does",
    "cosine": "the cosine{at} is that of a result and itself: 1 whatever the network does",
}


def compared_with_itself(rule: str, loss: Loss) -> Finding | None:
    """A loss of which every summand has one and the same result on both sides.

    No more is asked of the run: what such a loss falls to says nothing of how it learns.
    """
    way = str(loss.output.get("itself", ""))
    if way not in WAYS:
        return None
    return Finding(
        rule=rule,
        severity="warning",
        confidence=confidence(0.8, 0.9),
        message=(
            f"{WAYS[way].format(at=at(loss.source))}; was one view, or one of two results, "
            "given twice instead of the other one?"
        ),
        source=loss.source,
        evidence={"compared_with_itself": way},
    )

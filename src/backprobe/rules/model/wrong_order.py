# SPDX-License-Identifier: Apache-2.0
"""A loss of one's own by which a network learns the opposite order."""

from __future__ import annotations

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import at, figure
from backprobe.signals.losses import BINARY, CLASSES, REGRESSION
from backprobe.signals.progress import progress
from backprobe.signals.ranked import turned_round

HARDLY = 0.1
"""A share of pairs that leaves no doubt: nine of ten are in the wrong order."""


def wrong_order(record: Record, rule: str, loss: Loss) -> Finding | None:
    """The script's own score of the order is far below chance, under a loss of its own.

    Under one of torch's that has a target a row, the targets would be what is turned.
    """
    state = progress(record)
    if loss.kind in BINARY | CLASSES | REGRESSION or state.loss is None:
        return None
    found = turned_round(record) if state.loss.index == loss.index else None
    if found is None:
        return None
    return Finding(
        rule=rule,
        severity="warning",
        confidence=confidence(0.6, 0.88, between(found.last, 0.35, HARDLY)),
        message=(
            f"the script's own {found.name} ends at {figure(found.last)}, and not to know anything "
            f"gives 0.5: what the loss{at(loss.source)} teaches is the opposite order; is a sign, "
            "a pair or a sort in it turned round (the risk set of a time holds those still at "
            "risk: a sum from the latest time on), or is the score read the wrong way?"
        ),
        source=loss.source,
        evidence={"score": found.name, "last": found.last, "told": found.told},
    )

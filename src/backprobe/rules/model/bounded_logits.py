# SPDX-License-Identifier: Apache-2.0
"""Logits of yes or no that an activation keeps from saying one of them."""

from __future__ import annotations

import math

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.outputs import output_place
from backprobe.rules.wording import at, figure, percent
from backprobe.signals.baseline import binary_entropy, number
from backprobe.signals.losses import BINARY
from backprobe.signals.progress import progress
from backprobe.signals.reach import Reach, reach

LEAST = 0.1
"""Of a constant answer's loss, that the bound alone costs: a clamp at ±10 costs a 10,000th."""
DECISIVE = 0.4
"""The same, from which it is most of what there is to learn."""
TWICE = ("sigmoid", "softmax")
"""Activations that make a share of what is to be a logit: `logits-into-bce` tells of these."""


def bounded_logits(record: Record, rule: str, loss: Loss) -> Finding | None:
    """A binary loss on logits that cannot fall below a good part of a constant answer's loss."""
    share = _share_of_yes(loss)
    given = reach(loss)
    if share is None or not 0.0 < share < 1.0 or given.kind in TWICE:
        return None
    no, yes = _softplus(given.low), _softplus(-given.high)
    floor, constant = (1.0 - share) * no + share * yes, binary_entropy(share)
    if floor < LEAST * constant or _soft_enough(loss, given):
        return None
    state = progress(record)
    where, source = output_place(record, loss, given.kind)
    grave = floor >= DECISIVE * constant
    severity = severity_of_mistake(record) if grave else severity_by_harm(state)
    if severity == "note" and grave and not state.healthy:
        severity = "warning"
    ends = []
    if no > 0.0:
        ends.append(f"no lower than {figure(given.low)}: each no costs at least {figure(no)}")
    if yes > 0.0:
        ends.append(f"no higher than {figure(given.high)}: each yes costs at least {figure(yes)}")
    return Finding(
        rule=rule,
        severity=severity,
        confidence=confidence(0.6, 0.98, between(floor / constant, LEAST, DECISIVE), state.hurt),
        message=(
            f"the logits pass a {given.kind}{at(source)} before {loss.kind} and get "
            f"{', '.join(ends)}; with {percent(share)} of yes"
            f"{' (weights left out)' if loss.weighted else ''} the mean loss cannot fall below "
            f"{figure(floor)}, where a constant answer gives {figure(constant)}"
        ),
        where=where,
        source=source or loss.source,
        evidence={"activation": given.kind, "floor": floor, "constant": constant, "yes": share},
        treatments=("drop-output-activation",),
    )


def _share_of_yes(loss: Loss) -> float | None:
    """Of the targets of a binary loss; None of another loss, and where it is not known."""
    mean, low = number(loss.target, "mean"), number(loss.target, "min")
    if mean is None or low is None:
        return None
    if loss.kind == "soft_margin" and low == -1.0:
        return 0.5 * (mean + 1.0)
    return mean if loss.kind in BINARY else None


def _soft_enough(loss: Loss, given: Reach) -> bool:
    """Whether all targets are shares that the bounded logits can say."""
    if loss.kind not in BINARY:
        return False
    low, high = number(loss.target, "min"), number(loss.target, "max")
    ends = 1.0 - math.exp(-_softplus(given.low)), math.exp(-_softplus(-given.high))
    return low is not None and high is not None and ends[0] <= low and high <= ends[1]


def _softplus(x: float) -> float:
    """ln(1 + e^x): what a logit costs that should be as low as can be."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))

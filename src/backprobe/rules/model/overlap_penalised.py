# SPDX-License-Identifier: Apache-2.0
"""An overlap with the targets that is made small: the score was taken for the loss."""

from __future__ import annotations

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import at_least_warning, severity_by_harm
from backprobe.rules.outputs import output_names
from backprobe.rules.wording import at
from backprobe.signals.progress import progress


def overlap_penalised(record: Record, rule: str, loss: Loss) -> Finding | None:
    """A loss that rises with Dice, Jaccard or another overlap; not where an optimizer climbs."""
    climbs = any(group.get("maximize") for o in record.optimizers for group in o.groups)
    if loss.output.get("overlap") != 1 or climbs or not record.optimizers:
        return None
    state = progress(record)
    beside = loss.terms > 1
    against = "; the other summands ask for the opposite" if beside else ""
    return Finding(
        rule=rule,
        severity=at_least_warning(severity_by_harm(state)),
        confidence=confidence(0.8 if beside else 0.7, 0.95, state.hurt),
        message=(
            f"the loss{at(loss.source)} rises with the overlap of the output and its targets, "
            f"which is 1 where they agree: steps make it small{against}; it takes `1 - overlap` "
            f"(or a minus); {state.in_words()}"
        ),
        where=output_names(record, loss),
        source=loss.source,
        evidence={"summands": loss.terms},
    )

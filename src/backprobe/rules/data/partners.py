# SPDX-License-Identifier: Apache-2.0
"""Rows of a batch that are taught to belong together, and do not."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import at_least_warning, severity_by_harm
from backprobe.rules.wording import at, figure
from backprobe.signals.progress import progress

STRANGERS = 3.0
"""Standard errors within which those that are taught are as alike as any two rows."""
ALIKE = 6.0
"""Standard errors by which those of the other layout are more alike than any two rows."""
SURE = 60.0
PLACES = {"beside": "the one beside it", "halves": "that of the batch's other half"}


def strange_partners(record: Record, rule: str) -> Finding | None:
    """A contrastive loss and the collating of its views that differ in where a partner lies."""
    for event in record.named("partners"):
        facts = {name: float(value) for name, value in event.data.items()}
        chance, error = facts["chance"], facts["error"]
        # A view in other colours is as unlike as one of another thing is not.
        if not error > 0.0 or abs(facts["taught"] - chance) / error > STRANGERS:
            continue
        other = max(PLACES, key=lambda name: facts[name])
        far = (facts[other] - chance) / error
        if far < ALIKE:
            continue
        if facts["across"] - chance > 0.5 * (facts[other] - chance):
            continue  # rows in the order of time, or of their classes: alike on both sides
        state = progress(record)
        source = state.source
        return Finding(
            rule=rule,
            severity=at_least_warning(severity_by_harm(state)),
            confidence=confidence(0.8, 0.97, beyond(far, ALIKE, SURE), state.hurt),
            message=(
                f"the row of the batch that each one is taught to find{at(source)} is no more "
                f"like it than any row (correlation {figure(facts['taught'])}), and "
                f"{PLACES[other]} is ({figure(facts[other])}): the views lie otherwise than the "
                f"loss takes them; {state.in_words()}"
            ),
            source=source,
            steps=whole_run(record),
            evidence={"taught": facts["taught"], other: facts[other], "chance": chance},
        )
    return None

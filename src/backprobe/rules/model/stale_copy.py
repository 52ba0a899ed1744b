# SPDX-License-Identifier: Apache-2.0
"""Evaluations of a copy that keeps the weights which the trained network began with."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import plural
from backprobe.signals.judged import share_of_steps
from backprobe.signals.lines import line_of
from backprobe.signals.progress import progress
from backprobe.signals.target_network import copies

LOOKS = 3
"""At an average's weights, fewer of which may all come before it begins."""
COVERED = 0.25
"""Share of the run that they have to span: a run may train two networks, one after the other."""
OFTEN = 0.25
"""Share of the steps above which a copy is no object of evaluations, but a target or a reference.
"""


def stale_copy(record: Record, rule: str) -> list[Finding]:
    """At most one finding: an average that never moves is all that is ever evaluated."""
    judged = {int(event.data["module"]) for event in record.named("judged")}
    modules, known = {m.index: m for m in record.modules}, copies(record)
    steps = len(record.steps)
    for facts in (event.data for event in record.named("judged-kept")):
        index, looks = int(facts["module"]), int(facts["looks"])
        copied = known.get(index, frozenset[int]())
        spans = int(facts["step"]) - int(facts["first"]) >= COVERED * steps
        if index not in modules or not copied or copied & judged or looks < LOOKS or not spans:
            continue
        if share_of_steps(record, modules[index]) > OFTEN:
            continue
        source = line_of(record, "evaluation")
        return [
            Finding(
                rule=rule,
                severity="warning",
                confidence=confidence(0.7, 0.93, between(looks, LOOKS, 10)),
                message=(
                    f"what is evaluated is a copy of {modules[index].type} that never changes: at "
                    f"{plural(looks, 'look')} up to step {facts['step']} it had the weights that "
                    "the trained network began with, which is itself never evaluated (an average "
                    f"that is not updated?); {progress(record).in_words()}"
                ),
                where=(),
                source=source,
                evidence={"copy": modules[index].type, "looks": looks, "step": int(facts["step"])},
            )
        ]
    return []

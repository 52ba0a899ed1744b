# SPDX-License-Identifier: Apache-2.0
"""Parts that a network got while it was trained, and that no optimizer was given."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, listed, plural, unique
from backprobe.signals.progress import progress

SHARE = 0.01
"""Of the trainable parameters: a stray scale is not it."""


def grown_parts(record: Record, rule: str) -> list[Finding]:
    """At most one finding: those of models whose other parameters an optimizer moves."""
    roots = {m.index: m.root for m in record.modules}
    trained = {roots.get(p.module) for p in record.parameters if p.optimizer >= 0}
    parts = [
        part
        for event in record.named("unheld-parameters")
        for part in event.data["parts"]
        if part["model"] in trained
    ]
    count = sum(int(part["elements"]) for part in parts)
    held = sum(p.size for p in record.parameters if p.optimizer >= 0)
    if not parts or not record.optimizers or count < SHARE * (count + held):
        return []
    names = unique(str(part["name"]) for part in parts)
    since = min(int(part["step"]) for part in parts)
    state, source = progress(record), record.optimizers[0].source
    return [
        Finding(
            rule=rule,
            severity=severity_of_mistake(record),
            confidence=confidence(0.75, 0.95, state.hurt),
            message=(
                f"{listed(names)} came into the network while it was trained, before step {since}: "
                f"{plural(count, 'parameter')} get a gradient, are in no optimizer{at(source)}, "
                "and stay what they were; `add_param_group`, or an optimizer made after them, "
                f"would train them; {state.in_words()}"
            ),
            where=names,
            source=source,
            steps=(since, int(record.steps.numbers("step")[-1])),
            evidence={"layers": list(names), "parameters": count, "since": since},
            treatments=("optimize-all",),
        )
    ]

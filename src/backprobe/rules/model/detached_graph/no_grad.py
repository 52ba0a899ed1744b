# SPDX-License-Identifier: Apache-2.0
"""A part that an optimizer holds, and that runs under `no_grad` at each step."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.fresh import looks_fresh
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, plural, unique
from backprobe.signals.judged import run_without_gradients, share_of_steps, within
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress


def without_gradients(record: Record, rule: str, touched: set[int], share: float) -> list[Finding]:
    """A part none of whose parameters is among those that a gradient reaches.

    Arguments:
        record: of the run.
        rule: whose finding it is.
        touched: indexes of the parameters that had a gradient.
        share: of the steps from the first one on at which it has to run without gradients.
    """
    for part in run_without_gradients(record):
        if share_of_steps(record, part) < share:
            continue
        inside = {m.index for m in record.modules if within(m, part)}
        held = [
            p
            for p in record.parameters
            if p.module in inside and p.requires_grad and p.optimizer >= 0
        ]
        if not held or any(p.index in touched for p in held):
            continue
        name = part.name or part.type
        # Weights that were loaded may be meant to stay, in the optimizer by oversight.
        own = [layer for layer in layers(record) if layer.module.index in inside]
        fresh = not own or any(looks_fresh(layer) for layer in own)
        return [
            Finding(
                rule=rule,
                severity=severity_of_mistake(record) if fresh else "note",
                confidence=confidence(0.6, 0.95, between(len(record.steps), 10, 100)),
                message=(
                    f"{name}{at(part.source)} runs under `no_grad` at each step: none of the "
                    f"{plural(len(held), 'tensor')} that an optimizer holds of it ever gets a "
                    f"gradient; {progress(record).in_words()}"
                ),
                where=unique([part.name]),
                source=part.source,
                evidence={"layers": [name], "cut": "no_grad", "tensors": len(held)},
            )
        ]
    return []

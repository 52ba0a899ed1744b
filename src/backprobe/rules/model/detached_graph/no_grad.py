# SPDX-License-Identifier: Apache-2.0
"""A part that an optimizer holds, and that runs under `no_grad` at each step."""

from __future__ import annotations

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, plural, unique
from backprobe.signals.judged import run_without_gradients, within
from backprobe.signals.progress import progress


def without_gradients(record: Record, rule: str, touched: set[int], share: float) -> list[Finding]:
    """A part none of whose parameters is among those that a gradient reaches.

    Arguments:
        record: of the run.
        rule: whose finding it is.
        touched: indexes of the parameters that had a gradient.
        share: of the steps at which there has to be a phase without gradients.
    """
    phases = record.evaluations.numbers("step")
    if np.unique(phases).size < share * len(record.steps):
        return []
    for part in run_without_gradients(record):
        inside = {m.index for m in record.modules if within(m, part)}
        held = [
            p
            for p in record.parameters
            if p.module in inside and p.requires_grad and p.optimizer >= 0
        ]
        if not held or any(p.index in touched for p in held):
            continue
        name = part.name or part.type
        return [
            Finding(
                rule=rule,
                severity=severity_of_mistake(record),
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

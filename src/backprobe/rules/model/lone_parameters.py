# SPDX-License-Identifier: Apache-2.0
"""`nn.Parameter`s of no module that were to be learned and that no optimizer has."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, figure, listed


def lone_parameters(record: Record, rule: str) -> list[Finding]:
    """At most one finding: those that have a gradient at the end and are what they were."""
    numbers = {int(n) for e in record.named("lone-parameters") for n in e.data["parameters"]}
    lone = [p for p in record.parameters if p.index in numbers and p.optimizer < 0]
    if not lone or not record.optimizers:
        return []
    source = record.optimizers[0].source
    beside = sum(p.module < 0 and p.optimizer >= 0 for p in record.parameters)
    values = [f"{p.name} = {figure(p.initial.get('mean', 0.0))}" for p in lone if p.size == 1]
    kept = f" ({listed(values)})" if values else ""
    return [
        Finding(
            rule=rule,
            severity="warning" if beside else severity_of_mistake(record),
            confidence=confidence(0.75, 0.95, between(beside, 0, 1)),
            message=(
                f"the loss reaches the nn.Parameter {listed([p.name for p in lone])}, which no "
                f"module and no optimizer{at(source)} has: it is at the end what it was at the "
                f"start{kept}, and its gradient is never used"
            ),
            where=(),
            source=source,
            evidence={
                "parameters": [p.name for p in lone],
                "elements": sum(p.size for p in lone),
                "beside": beside,
            },
            treatments=("optimize-all",),
        )
    ]

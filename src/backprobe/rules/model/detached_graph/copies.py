# SPDX-License-Identifier: Apache-2.0
"""A detached tensor that goes on as a copy."""

from __future__ import annotations

from backprobe.records import Finding, Operation, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, listed, unique
from backprobe.signals.cuts import CUTS, makers
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress


def copied(record: Record, rule: str, bridges: list[tuple[Operation, Operation]]) -> list[Finding]:
    """The first such tensor; its layers learn from other terms only."""
    for cut, taker in bridges:
        before = makers(record, cut)
        held = [x for x in layers(record) if x.module.index in before and x.weight.requires_grad]
        if cut.name not in CUTS or not held:
            continue
        state = progress(record)
        modules = {m.index: m.name for m in record.modules}
        names = unique(x.name for x in held)
        return [
            Finding(
                rule=rule,
                severity=severity_of_mistake(record),
                confidence=confidence(0.6, 0.9, state.hurt),
                message=(
                    f"what {listed(names)} give is cut off by `{cut.name}`{at(cut.source)}, and"
                    f" {modules.get(taker.module) or taker.name}{at(taker.source)} gets a copy "
                    "that no gradient passes: they learn nothing of what follows"
                ),
                where=names,
                source=cut.source,
                evidence={"layers": list(names), "cut": cut.name},
            )
        ]
    return []

# SPDX-License-Identifier: Apache-2.0
"""A layer that runs step after step on a detached copy of its own last result."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.wording import at
from backprobe.signals.cuts import carried_on, cut_between, each_used
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress


def steps_cut_off(record: Record, rule: str) -> list[Finding]:
    """The first such layer; silent where a memory beside the result is carried on uncut."""
    for layer in layers(record):
        calls = [op for op in record.graph if op.module == layer.module.index]
        cut = cut_between(record, calls)
        if cut is None or not layer.weight.requires_grad or carried_on(record, calls):
            continue
        state = progress(record)
        own = each_used(record, calls)
        learns = "each step learns for itself" if own else "only the last step learns"
        return [
            Finding(
                rule=rule,
                severity=severity_by_harm(state) if own else severity_of_mistake(record),
                confidence=confidence(0.6, 0.92, state.hurt),
                message=(
                    f"{layer.name}{at(cut.source)} runs {len(calls)} times in one forward, each "
                    f"time on what it gave before, cut off by `{cut.name}`: {learns}, and nothing "
                    f"that must be remembered; {state.in_words()}"
                ),
                where=(layer.name,),
                source=cut.source,
                treatments=("ignore-detach",),
                evidence={"layers": [layer.name], "cut": cut.name, "calls": len(calls)},
            )
        ]
    return []

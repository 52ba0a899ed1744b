# SPDX-License-Identifier: Apache-2.0
"""A derivative of a derivative that is taken without a graph: a constant in the loss."""

from __future__ import annotations

from backprobe.records import Finding, Record, Source
from backprobe.rules.base import observed_steps
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at
from backprobe.signals.progress import progress

ORDERS = {2: "second", 3: "third", 4: "fourth"}


def without_graph(record: Record, rule: str) -> list[Finding]:
    """The first such derivative of what an optimizer trains."""
    trained = {p.index for p in record.parameters if p.optimizer >= 0 and p.requires_grad}
    told = [e.data for e in record.named("derivative-without-graph")]
    for found in told:
        if not trained & set(found["parameters"]):
            continue
        source = Source(str(found["file"]), int(found["line"]), str(found["text"]))
        order = ORDERS.get(int(found["order"]), f"{found['order']}th")
        state = progress(record)
        return [
            Finding(
                rule=rule,
                severity=severity_of_mistake(record),
                confidence=confidence(0.6, 0.95, state.hurt),
                message=(
                    f"the {order} derivative{at(source)} is taken without `create_graph=True` in "
                    "each step: in the loss it is a constant, and no gradient goes through it, "
                    f"only through lower ones; {state.in_words()}"
                ),
                source=source,
                steps=observed_steps(record),
                evidence={"cut": "grad", "order": int(found["order"])},
            )
        ]
    return []

# SPDX-License-Identifier: Apache-2.0
"""Nodes of a graph that are sent what they have themselves."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, listed, unique


def sent_back(record: Record, rule: str) -> list[Finding]:
    """At most one finding: the modules whose messages are gathered where they are added up.

    Told by the index, which is the same for both: nothing of any neighbour comes in.
    """
    puts = [op for op in record.graph if op.arguments.get("sent_back")]
    if not puts:
        return []
    names = {module.index: module.name for module in record.modules}
    where = unique(names.get(op.module, "") for op in puts)
    first = puts[0]
    of = f"of {listed(where)}" if any(where) else "of the graph"
    return [
        Finding(
            rule=rule,
            severity=severity_of_mistake(record),
            confidence=confidence(0.8, 0.93),
            message=(
                f"what the edges {of} carry{at(first.source)} is gathered by the same index that "
                "it is added up by: each node is sent its own features, and nothing of its "
                "neighbours; gather from the other end of the edges (`x[source]`)"
            ),
            where=where,
            source=first.source,
            evidence={"sent_back": len(puts)},
        )
    ]

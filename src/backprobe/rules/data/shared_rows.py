# SPDX-License-Identifier: Apache-2.0
"""Fields that have a table for all of them, and all use its first rows."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import figure, listed, unique

ALL = 0.97
"""Of a table's rows, what the fields' ids add up to where it was made for just these fields."""
DENSE = 0.8
"""Of the ids up to a field's largest, those that occur: words of a text leave most of them out."""
UNLIKE = 1.5
"""Largest field / smallest: two that are alike may be two things of one kind."""


def shared_rows(record: Record, rule: str) -> list[Finding]:
    """At most one finding: embeddings whose rows would do for each field's ids side by side."""
    found = []
    for event in record.named("fields-of-table"):
        rows, widths = int(event.data["rows"]), [int(each) for each in event.data["widths"]]
        dense = all(d >= DENSE * w for d, w in zip(event.data["distinct"], widths, strict=True))
        unlike = len(widths) > 2 or max(widths) >= UNLIKE * min(widths)
        if dense and unlike and min(widths) > 1 and ALL * rows <= sum(widths) <= rows:
            found.append(event)
    if not found:
        return []
    rows, widths = int(found[0].data["rows"]), list(found[0].data["widths"])
    modules = {module.index: module for module in record.modules}
    at = [modules[e.data["module"]] for e in found if e.data["module"] in modules]
    where = unique(module.name for module in at)
    return [
        Finding(
            rule=rule,
            severity=severity_of_mistake(record),
            confidence=confidence(0.75, 0.93, between(sum(widths) / rows, ALL, 1.0)),
            message=(
                f"{listed(where) or 'an embedding'} {'have' if len(where) > 1 else 'has'} "
                f"{figure(rows)} rows, one for each id of each of {len(widths)} fields "
                f"({', '.join(map(str, widths[:6]))}"
                f"{', …' if len(widths) > 6 else ''}), but every field's ids count from 0: they "
                f"share the first {figure(max(widths))} rows and the others are never used; add "
                "where its rows begin to each field's ids"
            ),
            where=where,
            source=at[0].source if at else None,
            evidence={"shared_rows": max(widths), "rows": rows, "fields": len(widths)},
        )
    ]

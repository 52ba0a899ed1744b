# SPDX-License-Identifier: Apache-2.0
"""Shares of classes that add up to 1 over the batch instead of over the classes."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import at_least_warning, severity_by_harm
from backprobe.rules.wording import at
from backprobe.signals.progress import progress


def shares_over_rows(record: Record, rule: str) -> Finding | None:
    """A teacher's softmax over the wrong axis: what a row is asked for depends on the others."""
    told = [event.data for event in record.named("shares-over-rows")]
    if not told:
        return None
    rows, classes = int(told[0]["rows"]), int(told[0]["classes"])
    state = progress(record)
    return Finding(
        rule=rule,
        severity=at_least_warning(severity_by_harm(state)),
        confidence=confidence(0.85, 0.97, state.hurt),
        message=(
            f"the shares of {classes} classes that {rows} rows are asked for{at(state.source)} "
            "add up to 1 over the rows, and not over the classes: a softmax (or a division) along "
            "axis 0. What a row is asked for depends on the others of its batch, and each class "
            f"gets as much as any, however rare it is; `dim=1`; {state.in_words()}"
        ),
        source=state.source,
        steps=whole_run(record),
        evidence={"rows": rows, "classes": classes},
    )

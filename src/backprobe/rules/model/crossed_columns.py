# SPDX-License-Identifier: Apache-2.0
"""Heads cut out of one output in slices that overlap, while other columns are in none."""

from __future__ import annotations

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.outputs import output_names
from backprobe.rules.wording import at
from backprobe.signals.progress import progress


def crossed_columns(record: Record, rule: str, loss: Loss) -> Finding | None:
    """Columns that serve two answers, beside columns that serve none.

    Columns of one slice that a second loss reads are read: it takes a run with one loss.
    """
    told = loss.output.get("crossed")
    if not told or len(record.losses) != 1:
        return None
    (a, b), unread, width = told["both"], told["unread"], int(told["width"])
    state = progress(record)
    return Finding(
        rule=rule,
        severity=severity_of_mistake(record),
        confidence=confidence(0.75, 0.93, state.hurt),
        message=(
            f"of the {width} columns that the model gives, the loss{at(loss.source)} reads "
            f"{_columns(a)} and {_columns(b)}, which overlap, and nothing reads "
            f"{_columns(unread)}: an answer is read where another one is; {state.in_words()}"
        ),
        where=output_names(record, loss),
        source=loss.source,
        evidence={"width": width, "slices": [a, b], "unread": unread},
    )


def _columns(ends: list[int]) -> str:
    first, last = int(ends[0]), int(ends[1]) - 1
    return f"column {first}" if first == last else f"columns {first} to {last}"

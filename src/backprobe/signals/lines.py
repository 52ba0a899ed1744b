# SPDX-License-Identifier: Apache-2.0
"""The user's lines that clip, evaluate, switch modes and draw batches."""

from __future__ import annotations

from backprobe.records import Record, Source


def line_of(record: Record, what: str, until: int | None = None) -> Source | None:
    """The line that does something, or None where several do, or none is known.

    Arguments:
        record: of the run.
        what: see `backprobe.probe.lines.Lines.tell`.
        until: of those that did it when at most so many steps were done the last is taken.
    """
    found = [e.data for e in record.named("line") if e.data["what"] == what]
    if until is not None:
        found = [one for one in found if one["step"] <= until][-1:]
    if len(found) != 1:
        return None
    return Source(str(found[0]["file"]), int(found[0]["line"]), str(found[0]["text"]))

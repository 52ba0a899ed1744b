# SPDX-License-Identifier: Apache-2.0
"""Ids that a remainder folds into a few rows of a table that has room for all."""

from __future__ import annotations

from collections.abc import Iterator

from backprobe.records import Finding, Module, Operation, Parameter, Record
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, figure, listed, unique

LOST = 2.0
"""Ids of the batch, for each that is left of them."""
USED = 0.25
"""Most of the table's rows that are ever looked up: a table of what is folded uses nearly all."""
PASSES = frozenset({"long", "int", "to", "type", "reshape", "view", "flatten", "squeeze"})


def folded_ids(record: Record, rule: str) -> list[Finding]:
    """At most one finding: the tables whose ids are folded by another number than their rows."""
    found = list(_folded(record))
    if not found:
        return []
    module, table, fold = min(found, key=lambda each: each[2].arguments["distinct_out"])
    before, after = (int(fold.arguments[f"distinct_{end}"]) for end in ("in", "out"))
    names = unique(each.name for each, _, _ in found)
    return [
        Finding(
            rule=rule,
            severity=severity_of_mistake(record),
            confidence=confidence(0.75, 0.93, beyond(before / after, LOST, 20.0)),
            message=(
                f"of {before:,} different ids of the first batch a remainder{at(fold.source)} "
                f"leaves {after:,}, though {listed(names)} {'has' if len(names) == 1 else 'have'} "
                f"rows for all ({figure(table.shape[0])}): inputs that differ share a row; is the "
                "divisor the width, not the number of rows?"
            ),
            where=names,
            source=fold.source or module.source,
            evidence={"ids": before, "left": after, "rows": table.shape[0]},
        )
    ]


def _folded(record: Record) -> Iterator[tuple[Module, Parameter, Operation]]:
    """Embeddings of folded ids: the module, its table and the remainder."""
    modules = {m.index: m for m in record.modules}
    for call in record.graph:
        module = modules.get(call.module)
        if call.name != "embedding" or module is None or not call.inputs:
            continue
        fold = _producer(record, call)
        table = next((p for p in record.parameters if p.index in module.parameters), None)
        if fold is None or table is None or "distinct_in" not in fold.arguments:
            continue
        before, after = (int(fold.arguments[f"distinct_{end}"]) for end in ("in", "out"))
        # A table that has fewer rows than ids has to fold; one that is full is made for it.
        room = table.shape[0] >= before
        if room and before >= LOST * after and after <= USED * table.shape[0]:
            yield module, table, fold


def _producer(record: Record, call: Operation) -> Operation | None:
    """What made the ids of an embedding, but for their shape and type."""
    by_index = {op.index: op for op in record.graph}
    op = by_index.get(call.inputs[0])
    while op is not None and op.name in PASSES and op.inputs:
        op = by_index.get(op.inputs[0])
    return op

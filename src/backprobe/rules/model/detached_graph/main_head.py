# SPDX-License-Identifier: Apache-2.0
"""The head of the heaviest summand gets a detached copy, and a lighter one trains the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backprobe.records import Finding, Operation, Record
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import at_most_warning, severity_of_mistake
from backprobe.rules.wording import at, figure, listed, unique
from backprobe.signals.progress import progress

LIGHTER = 0.7
"""Factor of the summand that trains the network / that of the one which does not: someone made it
count less. What is only watched, on a detached copy, has no reason to count more."""


def main_head(record: Record, rule: str) -> list[Finding]:
    """At most one finding: what the summand that counts most cannot train."""
    for event in record.named("summands-apart"):
        terms: list[Mapping[str, Any]] = event.data["terms"]
        main = max(terms, key=lambda term: float(term["scale"]))
        if not main["alone"] or not main["kind"]:
            continue
        lighter = [t for t in terms if t is not main]
        cut = _cut(record, main, lighter)
        if cut is None:
            continue
        behind, body, trains = cut
        share = max(float(term["scale"]) for term in trains) / float(main["scale"])
        if share > LIGHTER:
            continue
        state = progress(record)
        return [
            Finding(
                rule=rule,
                severity=at_most_warning(severity_of_mistake(record)),
                confidence=confidence(0.55, 0.85, beyond(share, LIGHTER, 0.1), state.hurt),
                message=(
                    f"the summand that counts most ({main['kind']}) gets to its own head only: "
                    f"its input is cut off at `{behind.name}`{at(behind.source)}, so that "
                    f"{listed(body)} learn from what counts {figure(share)} as much; should the "
                    "other head be "
                    f"the one on a detached copy? {state.in_words()}"
                ),
                where=body,
                source=behind.source,
                evidence={"cut": behind.name, "share": share, "main": main["kind"]},
                treatments=("ignore-detach",),
            )
        ]
    return []


def _cut(
    record: Record, main: Mapping[str, Any], others: list[Mapping[str, Any]]
) -> tuple[Operation, tuple[str, ...], list[Mapping[str, Any]]] | None:
    """Where the main head's input is cut off, the layers before, and the summands that train them.

    None unless all that the head is given comes through that cut.
    """
    heads = {m.index for m in record.modules if set(m.parameters) & set(main["parameters"])}
    by_index = {op.index: op for op in record.graph}
    pending = [op.index for op in record.graph if op.module in heads]
    cuts, seen = [], set[int]()
    while pending:
        op = by_index.get(pending.pop())
        if op is None or op.index in seen:
            continue
        seen.add(op.index)
        if op.name == "detach":
            cuts.append(op)
            continue
        pending += [index for index in op.inputs if index >= 0]
    if not cuts:
        return None
    before = _modules_before(by_index, cuts)
    layers = [m for m in record.modules if m.index in before and m.parameters]
    trains = [
        term for term in others if any(set(m.parameters) & set(term["parameters"]) for m in layers)
    ]
    held = {index for term in trains for index in term["parameters"]}
    names = unique(m.name for m in layers if set(m.parameters) <= held)
    return (cuts[0], names, trains) if trains and len(names) == len(layers) else None


def _modules_before(by_index: Mapping[int, Operation], cuts: list[Operation]) -> set[int]:
    """The modules that made what was cut off."""
    pending = [index for op in cuts for index in op.inputs]
    seen, found = set[int](), set[int]()
    while pending:
        op = by_index.get(pending.pop())
        if op is None or op.index in seen:
            continue
        seen.add(op.index)
        found.add(op.module)
        pending += op.inputs
    return found

# SPDX-License-Identifier: Apache-2.0
"""Runs the rules over a record, each in isolation, joins symptoms to causes, and ranks."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from backprobe.records import SEVERITIES, Event, Finding, Record
from backprobe.rules import RULES, AbstractRule
from backprobe.rules.calibration import calibrated
from backprobe.rules.explanations import COSMETIC, EXPLANATIONS, LAST_WORD, OUTCOMES, Explanation

SEVERITY_WEIGHT = {"note": 0.3, "warning": 1.0, "error": 1.5}
"""How much a severity counts beside the confidence: a sure warning outranks a doubtful error."""


RIVAL = 0.8
"""Weight of a second cause over the first's from which the evidence does not separate them."""
SCALES = {"inputs-not-normalized", "targets-not-normalized"}
"""Causes that are measured in the same unit: times of what a network starts from."""


def diagnose(
    record: Record,
    ignore: Iterable[str] = (),
    *,
    rules: tuple[type[AbstractRule], ...] = RULES,
    on_failure: Callable[[Event], None] | None = None,
) -> list[Finding]:
    """All findings of a record, the likeliest cause first.

    Arguments:
        record: what the probe wrote.
        ignore: rule names that stay silent.
        rules: the rules to run.
        on_failure: told of each rule that raised: an event `rule-failure` with `rule` and `error`.
    """
    silent = set(ignore)
    findings: list[Finding] = []
    for rule in rules:
        if rule.name in silent:
            continue
        try:
            with np.errstate(all="ignore"):  # of runs that overflowed, overflow is expected
                findings += rule().check(record)
        except Exception as error:  # noqa: BLE001 - one faulty rule must not silence the others
            facts = {"rule": rule.name, "error": f"{type(error).__name__}: {error}"}
            if on_failure is not None:
                on_failure(Event("rule-failure", time.time(), facts))
    return without_excluded(calibrated(tell_apart(rank(join(once_each(findings))))))


def once_each(findings: list[Finding]) -> list[Finding]:
    """The findings, of those of one rule that point at the same layers and line the weightiest.

    Two networks of one class have the same names: a network and the one that follows it.
    """
    best: dict[tuple[object, ...], Finding] = {}
    for place, finding in enumerate(findings):
        placed = finding.where and finding.source is not None
        key = (finding.rule, finding.where, finding.source) if placed else (place,)
        if key not in best or _weight(finding) > _weight(best[key]):
            best[key] = finding
    return list(best.values())


def join(findings: list[Finding]) -> list[Finding]:
    """The findings with `kind` and `explained_by` decided from the evidence of all of them.

    A cause is only believed to explain what is at most one severity graver than itself, so that a
    note does not explain an error away. Of two that would explain each other the surer one does.
    """
    edges: dict[int, list[int]] = {position: [] for position in range(len(findings))}
    for position, symptom in enumerate(findings):
        for other, cause in enumerate(findings):
            if other != position and _explains(cause, symptom):
                edges[position].append(other)
    caused = any(not _outcome(f) and f.severity != "note" for f in findings)
    joined = []
    for position, finding in enumerate(findings):
        causes = [
            other
            for other in edges[position]
            if position not in edges[other] or _weight(findings[other]) > _weight(finding)
        ]
        roots = [other for other in causes if not edges[other]] or causes
        names = tuple(dict.fromkeys(findings[other].rule for other in roots))
        if names:
            joined.append(replace(finding, kind="symptom", explained_by=names))
        elif _outcome(finding) and (caused or finding.rule not in LAST_WORD):
            joined.append(replace(finding, kind="symptom"))
        else:
            joined.append(replace(finding, kind="cause"))
    return joined


def rank(findings: list[Finding]) -> list[Finding]:
    """The findings in order, `rank` set: causes first, then by severity and confidence.

    Of causes that are about as sure the one that explains more comes first.
    """
    explains = Counter(rule for finding in findings for rule in finding.explained_by)

    def order(finding: Finding) -> tuple[object, ...]:
        weight = _weight(finding)
        return (
            finding.kind != "cause",
            finding.rule in COSMETIC,
            -round(weight, 1),
            -explains[finding.rule],
            -weight,
            finding.rule,
            finding.where,
        )

    ordered = _larger_first(sorted(findings, key=order))
    return [replace(finding, rank=place) for place, finding in enumerate(ordered, start=1)]


def _larger_first(ordered: list[Finding]) -> list[Finding]:
    """Of inputs and targets that are both off and about as sure, the one further off comes first.

    A gradient is the product of what comes in and of the error, so their sizes can be compared.
    """
    if len(ordered) < 2 or {f.rule for f in ordered[:2]} != SCALES:
        return ordered
    first, second = ordered[:2]
    sizes = [
        math.hypot(*(float(f.evidence.get(k) or 0.0) for k in ("mean", "std")))
        for f in (first, second)
    ]
    alike = round(_weight(first), 1) == round(_weight(second), 1)
    if {first.kind, second.kind} == {"cause"} and alike and sizes[1] > sizes[0]:
        return [second, first, *ordered[2:]]
    return ordered


def without_excluded(findings: list[Finding]) -> list[Finding]:
    """The ranked findings, less those told by exclusion that something else explains.

    All their evidence was that nothing explains the run.
    """
    kept = [f for f in findings if not (f.explained_by and f.evidence.get("by_exclusion"))]
    return [replace(finding, rank=place) for place, finding in enumerate(kept, start=1)]


def tell_apart(findings: list[Finding]) -> list[Finding]:
    """The ranked findings; where two causes explain the same, the first names the trial between.

    The treatment is one of the first cause that is none of the second: if it helps by itself, the
    first was enough.
    """
    causes = [f for f in findings if f.kind == "cause" and f.severity != "note"]
    if len(causes) < 2:
        return findings
    first, second = causes[:2]
    both = {first.rule, second.rule}
    shared = len(both) == 2 and any(both <= set(f.explained_by) for f in findings)
    trial = next((t for t in first.treatments if t not in second.treatments), None)
    if not shared or trial is None or _weight(second) < RIVAL * _weight(first):
        return findings
    told = replace(
        first,
        message=(
            f"{first.message}; {second.rule} explains as much: a trial of `{trial}` alone tells "
            "whether it is needed"
        ),
        evidence={**first.evidence, "rival": second.rule, "trial": trial},
    )
    return [told if f is first else f for f in findings]


def _explains(cause: Finding, symptom: Finding) -> bool:
    if SEVERITIES.index(cause.severity) < SEVERITIES.index(symptom.severity) - 1:
        return False
    if _outcome(symptom):
        return not _outcome(cause) and cause.severity != "note"
    if cause.severity == "note" and symptom.severity != "note":
        return False
    return any(pair.when(cause, symptom) for pair in _between(cause.rule, symptom.rule))


def _outcome(finding: Finding) -> bool:
    """Whether it only tells what came of the run, and not what was seen to undo it."""
    return finding.rule in OUTCOMES and not finding.evidence.get("set_back")


def _between(cause: str, symptom: str) -> list[Explanation]:
    return [pair for pair in EXPLANATIONS if pair.cause == cause and pair.symptom == symptom]


def _weight(finding: Finding) -> float:
    return SEVERITY_WEIGHT[finding.severity] * finding.confidence

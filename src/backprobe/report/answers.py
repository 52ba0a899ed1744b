# SPDX-License-Identifier: Apache-2.0
"""Findings as other programs get them: the JSON of `backprobe findings`, `diagnose` and `run`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from backprobe.records import SCHEMA, SEVERITIES, Finding, Run, Severity


def findings_answer(run: Run, findings: Iterable[Finding]) -> dict[str, Any]:
    """`{"run", "schema", "findings": […]}`, in the order given, for `json.dumps`."""
    return {"run": run.id, "schema": SCHEMA, "findings": [finding_answer(one) for one in findings]}


def finding_answer(finding: Finding) -> dict[str, Any]:
    """One finding as an object of the documented keys."""
    source = finding.source
    return {
        "rule": finding.rule,
        "kind": finding.kind,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "rank": finding.rank,
        "where": list(finding.where),
        "source": {"file": source.file, "line": source.line} if source else None,
        "steps": list(finding.steps),
        "message": finding.message,
        "evidence": dict(finding.evidence),
        "treatments": list(finding.treatments),
    }


def at_least(findings: Iterable[Finding], severity: Severity) -> list[Finding]:
    """The findings of at least that severity, in the same order."""
    least = SEVERITIES.index(severity)
    return [one for one in findings if SEVERITIES.index(one.severity) >= least]

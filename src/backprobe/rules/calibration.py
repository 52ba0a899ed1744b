# SPDX-License-Identifier: Apache-2.0
"""From the strength of a rule's evidence to the probability that the finding is right.

A logistic model of what is known once all rules have spoken: the strength that the rule gives, how
many symptoms the cause explains, how many other causes compete with it, and its severity. Its
coefficients are fitted by `benchmarks/diagnosis/calibrate.py` on programs that the rules were not
written on; `docs/reference/accuracy.md` has the reliability table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from backprobe.records import Finding
from backprobe.rules.confidence import CERTAIN

COEFFICIENTS: tuple[float, ...] = (0.283, 0.47, 1.07, -2.035, 0.591, -0.412)
"""Of `features`, in their order."""
NAMES = ("constant", "logit of the strength", "explains", "rivals", "note", "error")
LEAST = 0.02


def features(finding: Finding, findings: Sequence[Finding]) -> tuple[float, ...]:
    """What the model knows of a finding.

    Arguments:
        finding: with `kind` and `explained_by` decided.
        findings: all of the same run.
    """
    strength = min(CERTAIN, max(LEAST, finding.confidence))
    explains = sum(finding.rule in other.explained_by for other in findings)
    rivals = sum(
        other.kind == "cause" and other.severity != "note" and other.rule != finding.rule
        for other in findings
    )
    return (
        1.0,
        math.log(strength / (1.0 - strength)),
        math.log1p(explains),
        math.log1p(rivals),
        float(finding.severity == "note"),
        float(finding.severity == "error"),
    )


def probability(finding: Finding, findings: Sequence[Finding]) -> float:
    """The probability that a finding is right, 0.02 to 0.99."""
    known = features(finding, findings)
    score = sum(c * x for c, x in zip(COEFFICIENTS, known, strict=True))
    return round(min(CERTAIN, max(LEAST, 1.0 / (1.0 + math.exp(-score)))), 3)


def calibrated(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with the confidence of each cause as a probability; symptoms are left alone."""
    return [
        replace(f, confidence=probability(f, findings)) if f.kind == "cause" else f
        for f in findings
    ]

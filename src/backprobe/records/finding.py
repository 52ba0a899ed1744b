# SPDX-License-Identifier: Apache-2.0
"""What was found: a diagnosis, and how grave and how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from backprobe.records.run import Source

SCHEMA = 1
"""Version of the JSON that commands print and of the findings that are stored."""
Severity = Literal["error", "warning", "note"]
Kind = Literal["cause", "symptom"]
SEVERITIES: tuple[Severity, ...] = ("note", "warning", "error")
"""Severities from the mildest to the gravest."""


@dataclass(frozen=True)
class Finding:
    """A diagnosis: what is wrong, where, how sure we are, on what evidence, and what to try.

    Arguments:
        rule: canonical rule name, e.g. "double-softmax".
        kind: whether this explains other findings or is explained by something else.
        severity: "error", "warning" or "note"; a healthy run has at most notes.
        confidence: probability, 0 to 1, that the finding is right.
        message: what was measured, what is normal for this network, and what follows.
        where: module names as in the root's `named_modules()`.
        source: the line of the user's code at fault, where known.
        steps: first and last optimizer step at which it was seen.
        evidence: the numbers behind the message, JSON-ready.
        treatments: strings valid after `--treat`, the cheapest first.
        rank: 1 for the likeliest cause; 0 until `diagnose` has ranked it.
        explained_by: rule names of the causes that explain this symptom.
    """

    rule: str
    severity: Severity
    confidence: float
    message: str
    kind: Kind = "cause"
    where: tuple[str, ...] = ()
    source: Source | None = None
    steps: tuple[int, int] = (0, 0)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    treatments: tuple[str, ...] = ()
    rank: int = 0
    explained_by: tuple[str, ...] = ()

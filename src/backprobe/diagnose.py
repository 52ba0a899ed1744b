# SPDX-License-Identifier: Apache-2.0
"""Runs the rules over a record, each in isolation, joins symptoms to causes, and ranks."""

from __future__ import annotations

from backprobe.records import Finding, Record
from backprobe.rules import RULES


def diagnose(record: Record, ignore: tuple[str, ...] = ()) -> list[Finding]:
    """All findings of a record, the likeliest cause first.

    Arguments:
        record: what the probe wrote.
        ignore: rule names that stay silent.
    """
    findings: list[Finding] = []
    for rule in RULES:
        if rule.name not in ignore:
            findings += rule().check(record)
    return findings

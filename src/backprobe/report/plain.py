# SPDX-License-Identifier: Apache-2.0
"""Findings as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from backprobe.records import Finding, Record


def render(findings: Sequence[Finding], record: Record, *, color: bool, width: int) -> str:  # noqa: ARG001
    """All findings, one paragraph each."""
    return "\n".join(f"{one.rank}. {one.severity} {one.rule}: {one.message}" for one in findings)

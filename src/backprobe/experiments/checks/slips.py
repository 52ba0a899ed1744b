# SPDX-License-Identifier: Apache-2.0
"""What the rules find in a short training of the subject."""

from __future__ import annotations

from backprobe.experiments.checks.subject import Subject
from backprobe.report.checks import Check
from backprobe.report.slips import lines


def slips(subject: Subject) -> list[Check]:
    """A line a finding, and a line for each family without one."""
    if subject.findings is None:
        return [Check("architecture", "skipped", message="no training was watched")]
    return lines(subject.findings, subject.record)

# SPDX-License-Identifier: Apache-2.0
"""Findings as Markdown, for files, issues and pull requests."""

from __future__ import annotations

import json
from collections.abc import Sequence

from backprobe.records import Finding, Record
from backprobe.report.wording import advice, counted, groups, place, subject, watched


def render(findings: Sequence[Finding], record: Record) -> str:
    """The report of a run as one Markdown document.

    Arguments:
        findings: as `backprobe.diagnose` ranks them.
        record: what they were found in.
    """
    out = [f"# {subject(record)}", ""]
    out.append(f"{counted(findings)}." if findings else f"No finding: {watched(record)}.")
    heads, folded = groups(findings)
    for number, finding in enumerate(heads, start=1):
        out += ["", f"## {number}. {finding.rule} ({finding.severity})", ""]
        out.append(f"**{finding.kind.capitalize()}:** {finding.message}")
        out.append("")
        out.append(f"- confidence: {finding.confidence:.2f}")
        if finding.where:
            out.append("- where: " + ", ".join(f"`{name}`" for name in finding.where))
        if finding.source is not None:
            text = f": `{finding.source.text}`" if finding.source.text else ""
            out.append(f"- line: `{place(finding.source, record)}`{text}")
        if finding.steps != (0, 0):
            out.append(f"- steps: {finding.steps[0]} to {finding.steps[1]}")
        out += [f"- try `{name}`: {what}" for name, what in advice(finding)]
        out += [f"- shows **{s.rule}**: {s.message}" for s in folded[number - 1]]
        evidence = json.dumps(finding.evidence, indent=1, default=str)
        out += ["", "<details><summary>evidence</summary>", "", "```json", evidence, "```"]
        out += ["", "</details>"]
    for title, lines in (("Not seen", record.blind_spots), ("Damage", record.damage)):
        if lines:
            out += ["", f"## {title}", "", *(f"- {line}" for line in lines)]
    return "\n".join(out) + "\n"

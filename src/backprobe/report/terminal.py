# SPDX-License-Identifier: Apache-2.0
"""Findings as calm, exact text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from backprobe.records import Finding, Record
from backprobe.report.wording import advice, counted, groups, place, subject, watched

LABEL = 8
"""Columns of the label in front of each line of a finding."""
_COLORS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
}
_RESET = "\x1b[0m"


def render(findings: Sequence[Finding], record: Record, *, color: bool, width: int) -> str:
    """The report of a run, ending in a newline.

    Arguments:
        findings: as `backprobe.diagnose` ranks them.
        record: what they were found in.
        color: whether to use ANSI colours; without them the text is plain.
        width: columns of the terminal; text wraps at 40 to 100.
    """
    paint = _Paint(color)
    columns = max(40, min(width, 100))
    blind = _blind_spots(record, columns, paint)
    damage = [_wrapped("damage", line, columns, paint, "warning") for line in record.damage[:5]]
    if not findings:
        line = f"no finding: {watched(record)}"
        return "\n".join([textwrap.fill(line, columns), *damage, *blind]) + "\n"
    heads, folded = groups(findings)
    out = [paint("bold", f"{counted(findings)} in {subject(record)}")]
    serious = [(p, h) for p, h in enumerate(heads) if h.severity != "note"]
    notes = [(p, h) for p, h in enumerate(heads) if h.severity == "note"]
    for number, (position, head) in enumerate(serious, start=1):
        out += ["", *_finding(number, head, folded[position], record, columns, paint)]
    if notes:
        out.append("")
        for position, head in notes:
            text = f"{head.rule}: {head.message}"
            out.append(_wrapped("note", text, columns, paint, "note"))
            for symptom in folded[position]:
                text = f"{symptom.rule}: {symptom.message}"
                out.append(_wrapped("", text, columns, paint))
    if not serious:
        out.append(_wrapped("seen", watched(record), columns, paint, "dim"))
    if damage or blind:
        out += ["", *damage, *blind]
    return "\n".join(out) + "\n"


class _Paint:
    def __init__(self, color: bool) -> None:
        self.color = color

    def __call__(self, style: str, text: str) -> str:
        return f"{_COLORS[style]}{text}{_RESET}" if self.color and style and text else text


def _finding(
    number: int,
    finding: Finding,
    symptoms: list[Finding],
    record: Record,
    columns: int,
    paint: _Paint,
) -> list[str]:
    left = f"{number}  {finding.severity}  {finding.rule}"
    right = f"confidence {finding.confidence:.2f}"
    gap = " " * max(2, columns - len(left) - len(right))
    head = f"{number}  {paint(finding.severity, finding.severity)}  {paint('bold', finding.rule)}"
    lines = [f"{head}{gap}{paint('dim', right)}"]
    lines.append(_wrapped(finding.kind, finding.message, columns, paint, "bold"))
    if finding.where:
        lines.append(_wrapped("where", ", ".join(finding.where), columns, paint))
    if finding.source is not None:
        text = f"{place(finding.source, record)}  {finding.source.text}".rstrip()
        lines.append(_wrapped("line", text, columns, paint))
    chosen = advice(finding)[:3]
    size = max((len(name) for name, _ in chosen), default=0)
    for position, (name, what) in enumerate(chosen):
        label = "try" if position == 0 else ""
        text = f"{name:<{size}}  {what}".rstrip()
        lines.append(_wrapped(label, text, columns, paint, hang=size + 2))
    for position, symptom in enumerate(symptoms):
        label = "shows" if position == 0 else ""
        lines.append(_wrapped(label, f"{symptom.rule}: {symptom.message}", columns, paint))
    return lines


def _blind_spots(record: Record, columns: int, paint: _Paint) -> list[str]:
    if not record.blind_spots:
        return []
    return [_wrapped("unseen", "; ".join(record.blind_spots), columns, paint, "dim")]


def _wrapped(
    label: str, text: str, columns: int, paint: _Paint, style: str = "", hang: int = 0
) -> str:
    """Text in a hanging indent behind its label, `hang` columns further from the second line on."""
    pad = " " * (LABEL + 3)
    filled = textwrap.wrap(
        text,
        columns,
        initial_indent=pad,
        subsequent_indent=pad + " " * (hang if hang < columns // 2 else 0),
        break_on_hyphens=False,
    ) or [pad]
    head = f"   {label + ':' if label else '':<{LABEL}}"
    first = filled[0][len(pad) :]
    return "\n".join([f"{paint(style, head) if label else head}{first}".rstrip(), *filled[1:]])

# SPDX-License-Identifier: Apache-2.0
"""What a notebook shows of a run: its metrics as small curves, and its findings."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from backprobe.records import Finding, Record, Run

MOST_METRICS = 8
MOST_FINDINGS = 5
WIDTH, HEIGHT = 160, 24
"""Of a curve, in pixels."""
COLOURS = {"error": "#b3261e", "warning": "#9a6700", "note": "#57606a"}
"""Of a severity: each has a contrast of at least 4.5 with white and with black at half."""


def render(run: Run, history: Mapping[str, tuple[Any, Any]], findings: Sequence[Finding]) -> str:
    """A fragment of HTML without scripts or style sheets; everything of the user's is escaped.

    Arguments:
        run: the run.
        history: metric → its steps and values.
        findings: as `diagnose` ranks them.
    """
    head = f"<b>{_text(run.name)}</b> <code>{_text(run.id)}</code> · {_text(run.state)}"
    if run.project:
        head += f" · {_text(run.project)}"
    rows = [
        f"<tr><td>{_text(key)}</td><td>{curve(values)}</td><td>{_figure(values)}</td></tr>"
        for key, (_, values) in list(history.items())[:MOST_METRICS]
        if len(values)
    ]
    table = f"<table>{''.join(rows)}</table>" if rows else ""
    more = len(history) - MOST_METRICS
    if more > 0:
        table += f"<div>and {more} more metrics</div>"
    return f"<div>{head}{table}{listed(findings)}</div>"


def listed(findings: Sequence[Finding], most: int = MOST_FINDINGS) -> str:
    """The first findings as an ordered list, each with what to try."""
    found = []
    for one in findings[:most]:
        advice = ", ".join(one.treatments[:3])
        found.append(
            f'<li><b style="color:{COLOURS[one.severity]}">{one.severity}</b> '
            f"{_text(one.rule)}: {_text(one.message)}"
            + (f"<br/>try: <code>{_text(advice)}</code>" if advice else "")
            + "</li>"
        )
    return f"<ol>{''.join(found)}</ol>" if found else "<div>no finding so far</div>"


def curves(record: Record) -> Mapping[str, tuple[Any, Any]]:
    """What is drawn of a run: the losses that the probe saw, then what the script logged."""
    seen = {
        "training loss": (record.steps["step"], record.steps["loss"]),
        "evaluation loss": (record.evaluations["step"], record.evaluations["loss"]),
    }
    measured = {
        name: pair for name, pair in seen.items() if any(map(math.isfinite, pair[1].tolist()))
    }
    return {**measured, **record.history}


def curve(values: Any) -> str:
    """An inline SVG of the values; gaps where they are not finite."""
    numbers = [float(value) for value in values]
    if len(numbers) > WIDTH:
        last = len(numbers) - 1
        numbers = [numbers[round(n * last / (WIDTH - 1))] for n in range(WIDTH)]
    finite = [number for number in numbers if math.isfinite(number)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    reach = (high - low) or 1.0
    step = (WIDTH - 2) / max(len(numbers) - 1, 1)
    parts, pen = [], "M"
    for place, number in enumerate(numbers):
        if not math.isfinite(number):
            pen = "M"
            continue
        y = 1 + (HEIGHT - 2) * (1.0 - (number - low) / reach)
        parts.append(f"{pen}{1 + place * step:.1f} {y:.1f}")
        pen = "L"
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="from {low:.4g} to '
        f'{high:.4g}"><path d="{"".join(parts)}" fill="none" stroke="currentColor"/></svg>'
    )


def _figure(values: Any) -> str:
    return f"{float(values[-1]):.4g}"


def _text(value: str) -> str:
    return html.escape(str(value))

# SPDX-License-Identifier: Apache-2.0
"""What is said when a run has ended: the findings, or that there are none; what was not seen."""

from __future__ import annotations

import math
import signal
from collections.abc import Sequence

from backprobe.records import Finding, Record, Run
from backprobe.report.wording import plural, steps_of

NAMED = 3
"""Rules of notes that are named in the closing line."""
DEAR = 0.05
"""A share of the time that wants its reason, where a run is"""
SHORT = 20.0
"""seconds long at most: the first steps are seen in full, and that is paid once."""


def nothing_seen(record: Record, loaded: bool, torch: bool) -> str | None:
    """Why a record holds no training, in one line; None where it holds one.

    Arguments:
        record: of the ended run.
        loaded: whether any Python process of it was reached.
        torch: whether any of those imported torch.
    """
    if len(record.steps):
        return None
    if not loaded:
        return (
            "the probe was never loaded: the command started no Python, or one that ignores "
            "PYTHONPATH (`python -I`, `-E`, `-S`); nothing was watched"
        )
    if not torch:
        return "no process of it imported torch; there is nothing to diagnose"
    if not record.events:
        return "torch was imported, but no module was called; there is nothing to diagnose"
    if not record.losses and any("torch.func" in spot for spot in record.blind_spots):
        return "no backward pass ran, and what torch.func differentiates is not looked into"
    if not record.losses:
        return "no backward pass ran, so nothing was trained; there is nothing to diagnose"
    return None


def healthy(findings: Sequence[Finding]) -> bool:
    """Whether there is nothing but notes."""
    return all(one.severity == "note" for one in findings)


def lines(run: Run, findings: Sequence[Finding], record: Record) -> list[str]:
    """The last lines of a run: what it cost and where to read on.

    A healthy run has no other report: then they hold the verdict and what was not seen, too.

    Arguments:
        run: the ended run.
        findings: all that were found, also notes.
        record: its record.
    """
    figures = [_cost(record), f"run {run.id}"]
    if not healthy(findings):
        return [" · ".join([*figures, f"`backprobe findings {run.id}`, `backprobe ui`"])]
    noted = f", {_notes(findings)} (`backprobe findings {run.id}`)" if findings else ""
    head = f"nothing wrong found in {plural(steps_of(record), 'step')}{_ending(run)}{noted}"
    said = [" · ".join([head, *figures, "`backprobe ui` shows it"])]
    if record.blind_spots:
        said.append("not seen: " + "; ".join(record.blind_spots))
    if record.damage:
        more = f", and {len(record.damage) - 1} more" if len(record.damage) > 1 else ""
        said.append(f"the record is damaged: {record.damage[0]}{more}")
    return said


def _notes(findings: Sequence[Finding]) -> str:
    """How many, and of what: a name says whether they are worth a look."""
    rules = list(dict.fromkeys(one.rule for one in findings))
    more = f" and {len(rules) - NAMED} more" if len(rules) > NAMED else ""
    return f"{plural(len(findings), 'note')}: {', '.join(rules[:NAMED])}{more}"


def _ending(run: Run) -> str:
    """How a run ended that did not end well."""
    if not run.exit_code:
        return ""
    if run.exit_code > 0:
        return f" before the script ended with status {run.exit_code}"
    try:
        name = signal.Signals(-run.exit_code).name
    except ValueError:
        name = f"signal {-run.exit_code}"
    return f" before the script was ended by {name}"


def _cost(record: Record) -> str:
    """The share of the training's time that watching took, as the probe measured it.

    With the seconds: what is paid once, at the start, is a large share of a short run.
    """
    costs = record.named("cost")
    data = costs[-1].data if costs else {}
    share, seconds = (float(data.get(name, math.nan)) for name in ("share", "seconds"))
    if math.isnan(share):
        return "watching cost not known"
    if math.isnan(seconds):
        return f"watching cost {100 * share:.1f} %"
    taken = f"{seconds:.2g} s" if seconds < 9.5 else f"{seconds:,.0f} s"
    if share > DEAR and seconds < SHORT * share:
        return f"watching cost {taken}, {100 * share:.0f} % of so short a run"
    return f"watching cost {100 * share:.1f} % ({taken})"

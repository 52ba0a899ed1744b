# SPDX-License-Identifier: Apache-2.0
"""What is said when a run has ended: the findings, or that there are none; what was not seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

from backprobe.records import Finding, Record, Run


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
    if not record.losses:
        return "no backward pass ran, so nothing was trained; there is nothing to diagnose"
    return None


def lines(run: Run, findings: Sequence[Finding], record: Record) -> list[str]:
    """The last lines: the verdict of a healthy run, blind spots, cost, and where to read on.

    Arguments:
        run: the ended run.
        findings: all that were found, also notes.
        record: its record.
    """
    alarms = [one for one in findings if one.severity != "note"]
    notes = len(findings) - len(alarms)
    parts = [_steps(record), _cost(record), f"run {run.id}"]
    if alarms:
        told = " · ".join([*filter(None, parts), f"`backprobe findings {run.id}`, `backprobe ui`"])
    else:
        noted = f", {_count(notes, 'note')} (`backprobe findings {run.id}`)" if notes else ""
        head = f"nothing wrong found in {_steps(record)}{noted}"
        told = " · ".join([head, *filter(None, parts[1:]), "`backprobe ui` shows it"])
    said = [told]
    if record.blind_spots:
        said.append("not seen: " + "; ".join(record.blind_spots))
    if record.damage:
        more = f", and {len(record.damage) - 1} more" if len(record.damage) > 1 else ""
        said.append(f"the record is damaged: {record.damage[0]}{more}")
    return said


def _steps(record: Record) -> str:
    count = len(record.steps)
    return f"{count:,} step{'s' if count != 1 else ''}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _cost(record: Record) -> str:
    """The share of the training's time that watching took, as the probe measured it."""
    costs = record.named("cost")
    share = float(costs[-1].data.get("share", math.nan)) if costs else math.nan
    if math.isnan(share):
        return "watching cost not known: the script was killed" if not costs else ""
    return f"watching cost {100 * share:.1f} %"

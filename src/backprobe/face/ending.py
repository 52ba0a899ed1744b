# SPDX-License-Identifier: Apache-2.0
"""The last words of a run: its metrics, its findings, where it is kept."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from typing import Any

from backprobe import session
from backprobe.face import farewell
from backprobe.face.notices import Notices
from backprobe.records import Record, Run
from backprobe.report import closing, terminal
from backprobe.store.reader import RunReader


def say(run: Run, owner: bool, summary: Mapping[str, Any], notices: Notices) -> None:
    """Tells on standard error how a run went; nothing where quiet was asked for.

    Arguments:
        run: the run, closed where this process made it.
        owner: whether this process made it; otherwise its launcher tells the findings.
        summary: key → value.
        notices: where it is told.
    """
    if notices.quiet:
        return
    if not owner:
        reader = RunReader(run)
        reader.refresh()
        _history(reader.record(), summary, notices)
        return
    record, findings = session.examine(run)
    _history(record, summary, notices)
    if len(record.steps):
        columns = shutil.get_terminal_size().columns
        text = terminal.render(findings, record, color=_in_colour(), width=columns)
        notices.block(text.rstrip("\n"))
        lines = closing.lines(run, findings, record)
    else:
        lines = [f"run {run.id} is kept in {run.path}; `backprobe ui` shows it"]
        lines += [f"the record is damaged: {line}" for line in record.damage[:1]]
    for line in lines:
        notices.info(line)


def _history(record: Record, summary: Mapping[str, Any], notices: Notices) -> None:
    told = farewell.text(record.history, summary)
    if told:
        notices.block(told)


def _in_colour() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):
        return False

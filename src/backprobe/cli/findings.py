# SPDX-License-Identifier: Apache-2.0
"""`backprobe findings`: what was found in a run, the likeliest cause first."""

from __future__ import annotations

import shutil

import click

from backprobe.cli._options import (
    check_rules,
    coloured,
    find_run,
    ignore_option,
    json_option,
    run_argument,
    severity_option,
)
from backprobe.records import Run, Severity
from backprobe.report.answers import at_least, findings_answer
from backprobe.report.terminal import render
from backprobe.session import examine
from backprobe.store import json


@click.command()
@run_argument()
@severity_option("--min-severity", default="note", show_default=True, help="Leave out milder ones.")
@ignore_option()
@json_option()
def findings(run: str, min_severity: Severity, ignore: tuple[str, ...], as_json: bool) -> None:
    """What was found in RUN, the likeliest cause first; also while it is going on."""
    answer(find_run(run), min_severity, check_rules(ignore), as_json)


def answer(run: Run, least: Severity, ignore: tuple[str, ...], as_json: bool) -> None:
    """Prints a run's findings by today's rules.

    Arguments:
        run: the run.
        least: the mildest severity that is printed.
        ignore: rules that stay silent.
        as_json: print JSON instead of text.
    """
    record, everything = examine(run, ignore)
    found = at_least(everything, least)
    if as_json:
        click.echo(json.dumps(findings_answer(run, found)))
        return
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(render(found, record, color=coloured(), width=width), nl=False)

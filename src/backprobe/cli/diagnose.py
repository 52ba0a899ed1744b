# SPDX-License-Identifier: Apache-2.0
"""`backprobe diagnose`: today's rules over a stored run."""

from __future__ import annotations

import click

from backprobe.cli._options import (
    check_rules,
    find_run,
    ignore_option,
    json_option,
    run_argument,
    severity_option,
)
from backprobe.cli.findings import answer
from backprobe.records import Severity


@click.command()
@run_argument(required=True)
@severity_option("--min-severity", default="note", show_default=True, help="Leave out milder ones.")
@ignore_option()
@json_option()
def diagnose(run: str, min_severity: Severity, ignore: tuple[str, ...], as_json: bool) -> None:
    """Runs today's rules over RUN, however old it is or where it came from.

    A finding is a function of the record alone: a better rule improves yesterday's diagnosis.
    """
    answer(find_run(run), min_severity, check_rules(ignore), as_json)

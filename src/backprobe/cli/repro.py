# SPDX-License-Identifier: Apache-2.0
"""`backprobe repro`: a run's script once more; where the two first differ."""

from __future__ import annotations

import sys
from typing import Any

import click

from backprobe.cli._options import find_run, json_option, run_argument
from backprobe.records import SCHEMA
from backprobe.store import catalog, json
from backprobe.trials.again import UNSEEDED, Repeat, repeat
from backprobe.trials.launch import CannotRepeat

MOST_DIFFERENCES = 8
"""Lines about the environment."""


@click.command()
@run_argument()
@click.option(
    "--steps", type=click.IntRange(1), metavar="N", help="End it after N optimizer steps."
)
@json_option()
def repro(run: str, steps: int | None, as_json: bool) -> None:
    """Runs RUN's script again as it was, and says where the two first differ, bit for bit.

    The code is that of the recorded commit and diff: today's folder where nothing has changed in
    it, else a temporary one with git's files as they were and everything that git does not track
    (data, environments) linked. The environment variables that decide numbers are set as they were.
    What can't be restored (packages, hardware) is compared and told.

    \b
    Exit status: 0 identical; 1 they differ, or the script failed.

    \b
    Examples:
      backprobe repro latest
      backprobe repro kc7u7coi --steps 100 --json
    """
    found = find_run(run)
    try:
        done = repeat(found, catalog.store_directory(), steps)
    except CannotRepeat as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"cannot run {found.id} again: {error}") from error
    if as_json:
        click.echo(json.dumps(_answer(done)))
    else:
        for line in _lines(done):
            click.echo(line)
    sys.exit(0 if done.comparison.identical and done.status == found.exit_code else 1)


def _answer(done: Repeat) -> dict[str, Any]:
    first = done.comparison.first
    return {
        "schema": SCHEMA,
        "run": done.original.id,
        "again": done.again.id,
        "identical": done.comparison.identical,
        "first_difference": first,
        "compared": {
            "steps": done.comparison.steps,
            "observed": done.comparison.observed,
            "tensors": done.comparison.tensors,
            "lengths": done.comparison.lengths,
        },
        "environment": dict(done.environment),
        "generators": done.generators,
        "notes": done.notes,
        "status": done.status,
    }


def _lines(done: Repeat) -> list[str]:
    comparison = done.comparison
    what = (
        f"{comparison.steps:,} steps, of which both observed {comparison.observed:,} in full, "
        f"{comparison.tensors} tensors"
    )
    lines = []
    if comparison.identical:
        lines.append(f"identical: {what}, every compared number is the same bit for bit")
    elif comparison.first is not None:
        lines.append(f"differs {comparison.first.in_words()}")
        lines.append(f"  compared: {what}")
    else:
        before, now = comparison.lengths
        lines.append(f"the same as far as both go ({what}), but {before:,} steps then, {now:,} now")
    if done.status != done.original.exit_code:
        lines.append(
            f"  exit status: {done.original.exit_code} then, {done.status} now; what it printed: "
            f"{done.again.path}/printed.txt"
        )
    lines += [
        f"  {name}'s random generator began elsewhere: {UNSEEDED[name]} at the top of the script "
        "gives it the same numbers"
        for name in done.generators
    ]
    differences = list(done.environment.items())
    lines += [
        f"  environment: {key} was {then}, is {now}"
        for key, (then, now) in differences[:MOST_DIFFERENCES]
    ]
    if len(differences) > MOST_DIFFERENCES:
        more = len(differences) - MOST_DIFFERENCES
        lines.append(f"  and {more} more: backprobe compare {done.original.id} {done.again.id}")
    lines += [f"  {note}" for note in done.notes]
    return lines

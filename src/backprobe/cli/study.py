# SPDX-License-Identifier: Apache-2.0
"""`backprobe study`: a grid of treatments over a script, e.g. dropout by batch norm."""

from __future__ import annotations

import sys
from typing import Any

import click

from backprobe.cli import _target
from backprobe.cli._executor import executor_options, make_executor, trial_options
from backprobe.cli._options import json_option
from backprobe.cli._say import say
from backprobe.records import Run
from backprobe.store import answers, catalog, json, redact
from backprobe.treatments.names import canonical
from backprobe.trials.progress import Progress
from backprobe.trials.study import study as run_study
from backprobe.trials.study_report import study_answer, study_table


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--vary",
    multiple=True,
    required=True,
    metavar="NAME=V1,V2",
    help="A treatment and its values, the first to compare with; repeatable.",
)
@trial_options()
@click.option("--python", metavar="PATH", help="Interpreter for scripts and modules.")
@click.option("--target", type=float, help="Training loss to count the steps to.")
@executor_options()
@json_option()
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="SCRIPT [ARGS]…")
def study(
    vary: tuple[str, ...],
    seeds: int,
    steps: int | None,
    jobs: int | None,
    python: str | None,
    target: float | None,
    executor: str,
    option: tuple[str, ...],
    as_json: bool,
    words: tuple[str, ...],
) -> None:
    """Runs SCRIPT under every combination of treatments, and says what each one does.

    The first value of each `--vary` is the reference: main effects and interactions are told
    beside it, with learning curves, the gap between training and held-out loss, and the steps that
    each combination takes to the reference's last loss.

    \b
    backprobe study --vary dropout=off,0.5 --vary batchnorm=off,on train.py
    backprobe study --vary scale-lr=1,0.1,10 --seeds 5 train.py --epochs 3
    """
    factors = dict(_factor(text) for text in vary)
    command = _target.resolve(words, python).command
    run = _base(command)
    cells = 1
    for levels in factors.values():
        cells *= len(levels)
    with (
        make_executor(executor, option, jobs) as pool,
        Progress(visible=sys.stderr.isatty()) as progress,
    ):
        progress.plan(cells * seeds)
        try:
            found = run_study(run, factors, pool, range(seeds), steps, progress.tell)
        except KeyboardInterrupt:
            say("interrupted; finished trials are kept, and used when it is run again")
            sys.exit(130)
    if found.outcome is None:
        failures = [t.failure for trials in found.cells.values() for t in trials if t.failure]
        say(failures[0] if failures else "there is no outcome to judge by; print `name=value`")
        sys.exit(1)
    found.target = target
    answers.keep(run, "study", study_answer(found))  # for the dashboard
    click.echo(json.dumps(study_answer(found)) if as_json else study_table(found))


def _factor(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, values = text.partition("=")
    levels = [level for level in values.split(",") if level]
    if not equals or len(levels) < 2:
        raise click.UsageError(f"--vary {text!r}; expected NAME=V1,V2 with two values or more")
    try:
        return name, tuple(canonical(f"{name}={level}") for level in levels)
    except ValueError as error:
        raise click.UsageError(f"--vary: {error}") from error


def _base(command: tuple[str, ...]) -> Run:
    """The run that stands for the script: the one of an earlier study of it, or a new one."""
    directory = catalog.store_directory()
    kept = tuple(redact.arguments(command))
    if kept != command:
        raise click.UsageError("an argument looks like a secret; give it by the environment")
    facts: dict[str, Any] = {"kind": "trial", "job_type": "study", "command": kept}
    made = catalog.create(directory, name=f"study of {' '.join(command[1:3])}", **facts)
    for run in catalog.runs(directory):
        same = (run.job_type, run.command, run.cwd) == ("study", kept, made.cwd)
        if same and run.id != made.id:
            catalog.delete(made)
            return run
    return catalog.close(made, 0)

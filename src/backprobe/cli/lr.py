# SPDX-License-Identifier: Apache-2.0
"""`backprobe lr`: a learning-rate range test of an unmodified script."""

from __future__ import annotations

import math
import shutil
import sys

import click

from backprobe.cli import _target
from backprobe.cli._options import json_option
from backprobe.cli._say import say
from backprobe.cli._script import standing
from backprobe.records import SCHEMA
from backprobe.report.lr_curve import render
from backprobe.signals.lr_curve import MOST
from backprobe.store import answers, catalog, json
from backprobe.trials.pool import Pool
from backprobe.trials.progress import Progress
from backprobe.trials.range_test import RangeTest, Sweep, range_test


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--start", type=float, default=1e-7, show_default=True, help="Lowest rate.")
@click.option("--end", type=float, default=10.0, show_default=True, help="Highest rate.")
@click.option(
    "--steps", type=click.IntRange(20), default=100, show_default=True, help="Steps of a sweep."
)
@click.option(
    "--sweeps",
    type=click.IntRange(1),
    default=MOST,
    show_default=True,
    help="At most so many; two where they agree.",
)
@click.option("--python", metavar="PATH", help="Interpreter for scripts and modules.")
@json_option()
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="SCRIPT [ARGS]…")
def lr(
    start: float,
    end: float,
    steps: int,
    sweeps: int,
    python: str | None,
    as_json: bool,
    words: tuple[str, ...],
) -> None:
    """Finds a learning rate for SCRIPT, which is run as it is while its rate rises step by step.

    The script's own loop, loss, accumulation and precision are used; every parameter group keeps
    its share of the rate, and schedules are overruled. The script is ended once the loss diverges.
    Checkpoints that it saves go into the trial's folder. Options come before SCRIPT; what follows
    it is the script's.

    \b
    backprobe lr train.py
    backprobe lr --end 100 train.py --batch-size 64
    backprobe lr --json train.py | jq .suggestion

    A suggestion is refused, with the reason, where the loss is flat, broken, or too noisy.
    """
    if not 0 < start < end:
        raise click.UsageError(
            f"--start {start:g} --end {end:g}; expected 0 < start < end, such as "
            "--start 1e-7 --end 10"
        )
    run = standing(_target.resolve(words, python).command, "lr")
    with (
        Pool(catalog.store_directory(), 1) as pool,
        Progress(sys.stderr.isatty(), "sweeps") as progress,
    ):
        progress.plan(1)
        try:
            found = range_test(run, pool, start, end, steps, sweeps, progress.tell)
        except OSError as error:
            raise click.UsageError(
                f"cannot start {words[0]!r}: {error.strerror or error}"
            ) from error
        except KeyboardInterrupt:
            say("interrupted")
            sys.exit(130)
    if not found.failure:
        answers.keep(run, "lr", _answer(found))  # for the dashboard
    catalog.close(run, 1 if found.failure else 0)
    if as_json:
        click.echo(json.dumps(_answer(found)))
    elif found.failure:
        say(f"the script did not get far enough: {found.failure}")
    else:
        first = found.sweeps[0]
        width = shutil.get_terminal_size((80, 24)).columns
        text = render(first.lr, first.loss, found.advice, len(found.sweeps), width)
        click.echo(text, nl=False)
    if found.failure:
        sys.exit(1)


def _answer(found: RangeTest) -> dict[str, object]:
    first = found.sweeps[0]
    advice = found.advice
    return {
        "schema": SCHEMA,
        "suggestion": advice.suggestion,
        "range": list(advice.range) if advice.range is not None else None,
        "refused": advice.refused,
        "curve": _curve(first),
        "sweeps": [
            {**_curve(one), "end": one.end, "run": one.trial.run.id} for one in found.sweeps
        ],
    }


def _curve(sweep: Sweep) -> dict[str, object]:
    losses = [value if math.isfinite(value) else None for value in sweep.loss]
    return {"lr": list(sweep.lr), "loss": losses}

# SPDX-License-Identifier: Apache-2.0
"""`backprobe check`: the pre-flight of an unmodified script, in under a minute."""

from __future__ import annotations

import shutil
import sys

import click

from backprobe.cli import _target
from backprobe.cli._options import coloured, json_option
from backprobe.cli._say import say
from backprobe.cli._script import standing
from backprobe.report.checks import render
from backprobe.store import catalog, json
from backprobe.trials.pool import Pool
from backprobe.trials.pre_flight import NotChecked, pre_flight
from backprobe.trials.progress import Progress


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    "--seconds",
    type=click.FloatRange(1),
    default=30.0,
    show_default=True,
    help="For the experiments; those that find no time are skipped.",
)
@click.option("--python", metavar="PATH", help="Interpreter for scripts and modules.")
@json_option()
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="SCRIPT [ARGS]…")
def check(seconds: float, python: str | None, as_json: bool, words: tuple[str, ...]) -> None:
    """Checks data, network, loss and learning rate of SCRIPT before you train it in earnest.

    SCRIPT is run for some steps as it is; then its own model, batches, loss and optimizer are put
    back to how they began, and asked: are the data finite, scaled, balanced, without copies? Does
    the signal survive the first forward, is the first loss what chance gives, does a gradient
    reach every layer? Can it learn one batch by heart, and does it do better with inputs than
    without? Do rows see each other? Does the learning rate lie in the range? Rules look for slips
    of architecture. Checkpoints that it saves go into the trial's folder.

    Each line says pass, warn, fail or skipped, what was measured and what was expected. Options
    come before SCRIPT; what follows it is the script's.

    \b
    backprobe check train.py
    backprobe check --seconds 60 train.py --batch-size 64
    backprobe check --json train.py | jq '.checks[] | select(.status == "fail")'

    Exit status 1 where a check fails.
    """
    run = standing(_target.resolve(words, python).command, "check")
    with (
        Pool(catalog.store_directory(), 1) as pool,
        Progress(sys.stderr.isatty(), "script") as progress,
    ):
        progress.plan(1)
        try:
            table = pre_flight(run, pool, seconds, progress.tell)
        except NotChecked as error:
            catalog.close(run, 1)
            say(f"nothing could be checked: {error}")
            sys.exit(1)
        except OSError as error:
            what = error.strerror or error
            raise click.UsageError(f"cannot start {words[0]!r}: {what}") from error
        except KeyboardInterrupt:
            say("interrupted")
            sys.exit(130)
    catalog.close(run, 0)
    if as_json:
        click.echo(json.dumps(table.answer()))
    else:
        width = shutil.get_terminal_size((100, 24)).columns
        click.echo(render(table, width, coloured()), nl=False)
    if not table.ok:
        sys.exit(1)

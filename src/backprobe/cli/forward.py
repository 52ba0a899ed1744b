# SPDX-License-Identifier: Apache-2.0
"""`backprobe forward`: a run's metrics and findings, live, into another tracker."""

from __future__ import annotations

import click

from backprobe.cli._options import find_run, run_argument
from backprobe.integrations import forward as forwarding
from backprobe.integrations import sinks


@click.command()
@run_argument()
@click.option(
    "--to", "kind", required=True, type=click.Choice(list(sinks.SINKS)), help="The tracker."
)
@click.option(
    "--into",
    metavar="PLACE",
    help="tensorboard: a folder; wandb: a project; mlflow: a tracking URI.",
)
def forward(run: str, kind: str, into: str | None) -> None:
    """Passes RUN on to another tracker while it runs, and its findings at the end.

    It reads the run's files, so the training pays nothing, and it ends when the run has ended.

    \b
    Examples:
      backprobe run train.py & backprobe forward --to tensorboard
      backprobe forward latest --to wandb --into digits
      backprobe forward latest --to mlflow --into sqlite:///mlflow.db
    """
    found = find_run(run)
    try:
        sink = sinks.begin(kind, found, into)
    except forwarding.Missing as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"cannot write {into!r}: {error.strerror or error}") from error
    click.echo(f"backprobe: {found.id} goes to {sink.place}", err=True)
    steps = forwarding.follow(found, sink)
    click.echo(f"backprobe: {steps:,} rows passed on", err=True)

# SPDX-License-Identifier: Apache-2.0
"""`backprobe import`: runs of other trackers, from their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from backprobe.cli._options import json_option
from backprobe.records import SCHEMA
from backprobe.store import catalog, json
from backprobe.store.imports import keep, sources
from backprobe.store.imports.imported import Imported, NotReadable


@click.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(sources.FORMATS)),
    help="Take runs of this tracker only; all that are there else.",
)
@click.option("--project", help="Project of the runs, instead of their own.")
@click.option("--name", help="Name of the run; only where there is one.")
@json_option()
def import_(
    paths: tuple[str, ...], kind: str | None, project: str | None, name: str | None, as_json: bool
) -> None:
    """Imports the runs in PATHS: files of TensorBoard, W&B, MLflow, or CSV.

    \b
    PATH may be
      a folder with TensorBoard event files, also in folders below it, or one file
      a .wandb file, or a folder such as wandb/ or wandb/offline-run-…
      an MLflow database (mlflow.db), or a folder with one or with mlruns/
      a CSV file: a row a step, a column a metric

    The files are only read. A run that was imported before is replaced. `backprobe diagnose` then
    says what can be said from what was logged: not more than losses, rates and norms, by name.

    \b
    Examples:
      backprobe import runs/
      backprobe import wandb/ --project digits
      backprobe import mlflow.db
      backprobe import history.csv --name baseline
    """
    found = [run for path in paths for run in _read(Path(path), kind)]
    if name is not None and len(found) != 1:
        raise click.UsageError(f"--name {name!r}: expected one run, there are {len(found)}")
    answers = []
    for run in found:
        try:
            kept = keep.keep(catalog.store_directory(), run, project, name)
        except OSError as error:
            raise click.ClickException(
                f"cannot keep {run.name!r} in {catalog.store_directory()}: "
                f"{error.strerror or error}"
            ) from error
        answers.append(_answer(run, kept.id, kept.name, kept.project))
        if not as_json:
            _tell(run, kept.id, kept.name)
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, "runs": answers}))
    elif len(answers) == 1:
        click.echo(f"backprobe: `backprobe diagnose {answers[0]['run']}` says what can be said")


def _read(path: Path, kind: str | None) -> list[Imported]:
    try:
        return sources.read(path, kind)
    except NotReadable as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"cannot read {str(path)!r}: {error.strerror or error}") from error


def _answer(run: Imported, identity: str, name: str, project: str) -> dict[str, Any]:
    return {
        "run": identity,
        "name": name,
        "project": project,
        "from": run.tracker,
        "path": run.origin,
        "rows": len(run.rows),
        "metrics": len({key for _, _, values in run.rows for key in values}),
        "histograms": len(run.histograms),
        "damage": run.damage,
        "left_out": run.left_out,
    }


def _tell(run: Imported, identity: str, name: str) -> None:
    metrics = len({key for _, _, values in run.rows for key in values})
    parts = [f"{len(run.rows):,} rows of {metrics} metrics"]
    parts += [f"{len(run.histograms):,} histograms"] * bool(run.histograms)
    click.echo(f"{identity}  {name}  {run.tracker}: {', '.join(parts)}")
    for line in run.damage:
        click.echo(f"          not read: {line}", err=True)
    if run.left_out:
        click.echo(f"          left out: {', '.join(run.left_out)}", err=True)

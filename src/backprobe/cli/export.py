# SPDX-License-Identifier: Apache-2.0
"""`backprobe export`: a run's record for other programs."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import numpy as np

from backprobe.cli._options import find_run, run_argument
from backprobe.records import SCHEMA, Record, Series
from backprobe.report.answers import finding_answer
from backprobe.session import examine
from backprobe.store import json


@click.command()
@run_argument()
@click.option(
    "--format",
    "kind",
    type=click.Choice(["json", "csv"]),
    default="json",
    show_default=True,
    help="json: everything; csv: a row an optimizer step.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="File; standard output else.")
def export(run: str, kind: str, output: str | None) -> None:
    """RUN's record: everything as JSON, or its steps and logged metrics as CSV."""
    record, found = examine(find_run(run))
    if kind == "csv":
        text = _csv(record)
    else:
        text = (
            json.dumps({**_everything(record), "findings": [finding_answer(one) for one in found]})
            + "\n"
        )
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text)
    except OSError as error:
        raise click.UsageError(f"cannot write {output!r}: {error.strerror or error}") from error


def _everything(record: Record) -> dict[str, Any]:
    nouns = ("modules", "parameters", "places", "graph", "optimizers", "losses")
    return {
        "schema": SCHEMA,
        "run": record.run,
        **{name: [asdict(one) for one in getattr(record, name)] for name in nouns},
        "steps": dict(record.steps.columns),
        "parameters_series": _series(record.parameters_series),
        "outputs": _series(record.outputs),
        "batches": dict(record.batches.columns),
        "evaluations": dict(record.evaluations.columns),
        "history": {
            key: {"step": steps, "value": values} for key, (steps, values) in record.history.items()
        },
        "events": record.events,
        "blind_spots": record.blind_spots,
        "damage": record.damage,
    }


def _series(series: Series) -> dict[str, Any]:
    return {"step": series.step, "index": series.index, "values": dict(series.values)}


def _csv(record: Record) -> str:
    """A row a step: the probe's columns, then what the script logged; an empty cell is no value."""
    probed = {name: record.steps[name] for name in record.steps if name != "step"}
    rows: dict[int, dict[str, Any]] = {}
    for name, column in probed.items():
        for step, value in zip(record.steps["step"].tolist(), column.tolist(), strict=True):
            rows.setdefault(int(step), {})[f"probe/{name}"] = value
    for key, (steps, values) in record.history.items():
        for step, value in zip(steps.tolist(), values.tolist(), strict=True):
            rows.setdefault(int(step), {})[key] = value
    names = ["step", *(f"probe/{name}" for name in probed), *record.history]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    for step in sorted(rows):
        cells = {name: value for name, value in rows[step].items() if not _missing(name, value)}
        writer.writerow({"step": step, **cells})
    return out.getvalue()


def _missing(name: str, value: Any) -> bool:
    # The probe's NaN is "not measured"; the script's own is a value.
    return name.startswith("probe/") and bool(np.isnan(value))

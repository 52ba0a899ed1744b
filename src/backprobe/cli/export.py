# SPDX-License-Identifier: Apache-2.0
"""`backprobe export`: a run's record for other programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from backprobe.cli._options import find_run, run_argument
from backprobe.cli._say import say
from backprobe.records import SCHEMA, Finding, Record, Run, Series
from backprobe.report import markdown
from backprobe.report.answers import finding_answer
from backprobe.server import share
from backprobe.session import examine
from backprobe.store import catalog, json
from backprobe.store.exports import events, parquet, wide
from backprobe.store.reader import RunReader


@click.command()
@run_argument()
@click.option(
    "--format",
    "kind",
    type=click.Choice(["json", "csv", "parquet", "tensorboard"]),
    default="json",
    show_default=True,
    help="json: everything; csv and parquet: a row an optimizer step; tensorboard: an event file "
    "with metrics, histograms and findings.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="File, or for tensorboard a folder; standard output else, of json and csv.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    help="A page to share: one file that needs no server, or a folder where the name has no dot.",
)
@click.option("--with", "others", multiple=True, metavar="RUN", help="With --html: beside RUN.")
@click.option(
    "--include",
    multiple=True,
    type=click.Choice(share.INCLUDE),
    help="With --html: what is left out unless asked for; repeatable.",
)
def export(
    run: str,
    kind: str,
    output: str | None,
    html: Path | None,
    others: tuple[str, ...],
    include: tuple[str, ...],
) -> None:
    """RUN's record for other programs, or as a page for other people.

    In Python, `backprobe.Api().run(RUN).to_pandas()` and `.to_polars()` give the same table.

    \b
    Examples:
      backprobe export latest --format csv | head
      backprobe export latest --format parquet -o run.parquet
      backprobe export latest --format tensorboard -o logs/run
      backprobe export latest --html run.html
      backprobe export good --with bad --html both.html --include console
    """
    if html is not None:
        _page(html, [run, *others], include)
        return
    if others or include:
        raise click.UsageError("--with and --include belong to --html FILE")
    if output is None and kind in ("parquet", "tensorboard"):
        raise click.UsageError(
            f"--format {kind} needs a place to write to: -o "
            + ("FILE" if kind == "parquet" else "FOLDER")
        )
    stored = find_run(run)
    record, found = examine(stored)
    if output is None:
        click.echo(_text(kind, record, found), nl=False)
        return
    try:
        _write(kind, stored, record, found, Path(output))
    except parquet.Missing as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        raise click.UsageError(f"cannot write {output!r}: {error.strerror or error}") from error


def _write(kind: str, run: Run, record: Record, found: list[Finding], output: Path) -> None:
    if kind == "parquet":
        parquet.write(record, output)
    elif kind == "tensorboard":
        reader = RunReader(run)
        reader.refresh()
        blocks = [block for log in reader.logs.values() for block in log.assembled.histograms]
        events.write(record, blocks, markdown.render(found, record), output)
    else:
        output.write_text(_text(kind, record, found))


def _page(target: Path, wanted: list[str], include: tuple[str, ...]) -> None:
    runs = list({found.id: found for found in map(find_run, wanted)}.values())
    try:
        place = share.write(catalog.store_directory(), runs, target, include)
    except OSError as error:
        raise click.UsageError(
            f"cannot write {str(target)!r}: {error.strerror or error}"
        ) from error
    left = [share.WORDS[name] for name in share.INCLUDE if name not in include]
    say(
        f"{place} ({place.stat().st_size / 1e6:.1f} MB)"
        + (f"; left out: {', '.join(left)}" if left else "")
    )


def _text(kind: str, record: Record, found: list[Finding]) -> str:
    texts: dict[str, Callable[[], str]] = {
        "csv": lambda: wide.csv_text(record),
        "json": lambda: json.dumps(_everything(record, found)) + "\n",
    }
    return texts[kind]()


def _everything(record: Record, found: list[Finding]) -> dict[str, Any]:
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
        "findings": [finding_answer(one) for one in found],
    }


def _series(series: Series) -> dict[str, Any]:
    return {"step": series.step, "index": series.index, "values": dict(series.values)}

# SPDX-License-Identifier: Apache-2.0
"""`backprobe runs`: the runs kept here, newest first; `rm` and `prune` remove some."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import click

from backprobe import settings
from backprobe.cli._options import coloured, complete_run, find_run, json_option
from backprobe.records import SCHEMA, Run
from backprobe.report.amounts import ago, duration
from backprobe.report.table import Cell, Column, render
from backprobe.store import catalog, json, pruning
from backprobe.store.sizes import amount, folder_bytes

_T = TypeVar("_T")

STATES = {"running": "cyan", "finished": "green", "failed": "red", "killed": "red"}
"""State → colour; all others are yellow."""
LEAST_COMMAND = 16
"""Columns that must be left for a command to be shown at all."""


@click.group(invoke_without_command=True)
@json_option()
@click.option("--project", help="Only the runs of this project.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Newest N.")
@click.option("--trials", is_flag=True, help="Trials too, not only runs.")
@click.pass_context
def runs(ctx: click.Context, as_json: bool, project: str | None, limit: int, trials: bool) -> None:
    """Lists the runs kept here, newest first."""
    if ctx.invoked_subcommand is not None:
        return
    directory = catalog.store_directory()
    found = [
        run
        for run in catalog.runs(directory)
        if (project is None or run.project == project) and (trials or run.kind != "trial")
    ]
    shown = found[:limit]
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, "runs": [_row(run) for run in shown]}))
    elif not shown:
        click.echo(f"There is no run{' of that project' if project else ''} in {directory}.")
    else:
        click.echo(_table(shown, shutil.get_terminal_size().columns), nl=False)
        if len(found) > len(shown):
            click.echo(f"{len(found) - len(shown)} older ones; --limit {len(found)} shows all.")


@runs.command("rm")
@click.argument("wanted", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_run)
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(wanted: tuple[str, ...], yes: bool) -> None:
    """Removes runs, and all that was recorded of them."""
    _remove([find_run(one) for one in wanted], yes)


@runs.command("prune")
@click.option("--keep", type=click.IntRange(0), help="The newest N stay, whatever else is asked.")
@click.option("--older-than", metavar="AGE", help="Remove what is older: 30d, 12h, 2w.")
@click.option("--max-size", metavar="SIZE", help="Remove the oldest until all fit: 5GB, 300MB.")
@click.option("--project", help="Only the runs of this project.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune(
    keep: int | None,
    older_than: str | None,
    max_size: str | None,
    project: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Removes old runs; one that is still running always stays.

    \b
    Examples:
      backprobe runs prune --keep 20              all but the newest 20
      backprobe runs prune --older-than 30d       what is older than 30 days
      backprobe runs prune --max-size 5GB         the oldest, until 5 GB are left
      backprobe runs prune --keep 5 --older-than 2w --max-size 1GB --dry-run

    Without --older-than and --max-size all but the newest N go.
    """
    seconds = _read("--older-than", older_than, pruning.age)
    most = _read("--max-size", max_size, settings.byte_count)
    if keep is None and seconds is None and most is None:
        raise click.UsageError("say which: --keep N, --older-than AGE or --max-size SIZE")
    found = [
        run
        for run in catalog.runs(catalog.store_directory())
        if project is None or run.project == project
    ]
    sizes = {run.id: folder_bytes(Path(run.path)) for run in found}
    gone = pruning.chosen(found, sizes, time.time(), keep, seconds, most)
    left = sum(sizes.values()) - sum(sizes[run.id] for run in gone)
    _remove(gone, yes, dry_run, sizes)
    if most is not None and left > most:
        click.echo(
            f"{amount(left)} are left, more than {amount(most)}: the rest is running, or kept by "
            "--keep."
        )


def _read(option: str, text: str | None, parse: Callable[[str], _T]) -> _T | None:
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}") from error


def _remove(
    chosen: Iterable[Run], yes: bool, dry_run: bool = False, known: Mapping[str, int] | None = None
) -> None:
    removed = list({run.id: run for run in chosen}.values())
    running = [run.id for run in removed if run.state == "running"]
    if running:
        raise click.UsageError(f"still running: {', '.join(running)}; end the script first")
    if not removed:
        click.echo("Nothing to remove.")
        return
    sizes = {run.id: (known or {}).get(run.id) or folder_bytes(Path(run.path)) for run in removed}
    names = ", ".join(f"{run.id} ({run.name})" if run.name != run.id else run.id for run in removed)
    what = f"{len(removed)} run{'s' * (len(removed) > 1)}, {amount(sum(sizes.values()))}"
    if dry_run:
        for run in removed:
            name = f"  {run.name}" if run.name != run.id else ""
            when = ago(time.time() - run.created)
            click.echo(f"{run.id}  {when:>11}  {amount(sizes[run.id]):>7}{name}")
        click.echo(f"Would remove {what}. Nothing was removed.")
        return
    if not yes:
        click.confirm(f"Remove {what}: {names}?", abort=True)
    freed, count = 0, 0
    for run in removed:
        now = catalog.read(Path(run.path))
        if now is not None and now.state == "running":  # resumed since it was chosen
            click.echo(f"{run.id} is running again: it stays.")
            continue
        try:
            catalog.delete(run)
        except OSError as error:
            raise click.ClickException(
                f"cannot remove {run.path}: {error.strerror or error}"
            ) from error
        freed, count = freed + sizes[run.id], count + 1
    click.echo(f"Removed {count}: {amount(freed)} freed.")


def _row(run: Run) -> dict[str, object]:
    return {
        "id": run.id,
        "name": run.name,
        "project": run.project,
        "kind": run.kind,
        "state": run.state,
        "created": run.created,
        "ended": run.ended,
        "exit_code": run.exit_code,
        "command": run.command,
        "cwd": run.cwd,
        "host": run.host,
        "tags": run.tags,
        "path": run.path,
    }


def _table(shown: list[Run], width: int) -> str:
    """The runs as a table; of the command as much as there is room for."""
    now = time.time()
    names = any(run.name != run.id for run in shown)
    projects = any(run.project for run in shown) and width >= 100
    longest = max((len(run.name) for run in shown if run.name != run.id), default=0)
    room = width - 54 - min(longest + 3, 27) * names - 19 * projects
    commands = room >= LEAST_COMMAND
    columns = [
        Column("run"),
        *[Column("name")] * names,
        *[Column("project")] * projects,
        Column("state"),
        Column("begun", right=True),
        Column("took", right=True),
        *[Column("command")] * commands,
    ]
    rows: list[list[str | Cell]] = []
    for run in shown:
        state = run.state + (f" {run.exit_code}" if run.exit_code else "")
        took = (run.ended or now) - run.created if run.ended or run.state == "running" else None
        command = " ".join([Path(run.command[0]).name, *run.command[1:]] if run.command else [])
        rows.append(
            [
                run.id,
                *[_short(run.name if run.name != run.id else "", 24)] * names,
                *[_short(run.project, 16)] * projects,
                Cell(state, STATES.get(run.state, "yellow")),
                ago(now - run.created),
                duration(took) if took is not None else "",
                *[_short(command, room)] * commands,
            ]
        )
    return render(columns, rows, width, coloured())


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"

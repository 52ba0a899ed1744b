# SPDX-License-Identifier: Apache-2.0
"""`backprobe demo`: trains four small networks under the probe and shows what is found."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import click

from backprobe.cli.ui import serve
from backprobe.demo import DEMOS, Demo
from backprobe.records import Finding
from backprobe.session import diagnose
from backprobe.store import catalog

NEEDED = {"torch": "torch", "sklearn": "scikit-learn"}
"""Modules that the scripts import, and the packages they come from."""


@dataclass(frozen=True)
class Outcome:
    """What became of one script: its exit status, and the findings of the run it made."""

    demo: Demo
    status: int
    findings: tuple[Finding, ...]


@click.command()
@click.option(
    "--only",
    type=click.Choice([demo.name for demo in DEMOS]),
    multiple=True,
    help="Run this one only; may be given several times.",
)
@click.option("--no-ui", is_flag=True, help="End after the summary, also in a terminal.")
def demo(only: tuple[str, ...], no_ui: bool) -> None:
    """Train four small networks, three of them sick, and show what is found.

    The scripts are ordinary ones that do not know of backprobe. In a terminal the dashboard
    follows, until Ctrl-C.
    """
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:
        raise click.UsageError(
            f"the demo trains with {' and '.join(NEEDED.values())}; not installed here: "
            f"{', '.join(missing)}. Install them: pip install 'backprobe[demo]'"
        )
    chosen = [demo for demo in DEMOS if not only or demo.name in only]
    outcomes = [_train(demo, f"{n} of {len(chosen)}") for n, demo in enumerate(chosen, 1)]
    _summarise(outcomes)
    if any(outcome.status for outcome in outcomes):
        sys.exit(1)
    if no_ui or not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo("The dashboard: backprobe ui")
    else:
        serve()


def _train(demo: Demo, position: str) -> Outcome:
    command = ["run", "--name", demo.name, "--project", "demo", str(demo.path)]
    click.secho(f"\n[{position}] {demo.title}", bold=True)
    click.echo(f"{demo.expect}\n$ backprobe {' '.join(command)}")
    sys.stdout.flush()  # the script writes to the same place
    status = subprocess.run([sys.executable, "-m", "backprobe", *command], check=False).returncode
    try:
        run = catalog.find(catalog.store_directory(), demo.name)
    except catalog.UnknownRun:  # said by `backprobe run` already: nowhere to keep it
        return Outcome(demo, status or 1, ())
    return Outcome(demo, status, tuple(diagnose(run)))


def _summarise(outcomes: list[Outcome]) -> None:
    """Prints one row a script: its first finding, and the command that shows the rest."""
    rows = [(one.demo.name, _first(one), f"backprobe findings {one.demo.name}") for one in outcomes]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    click.secho("\nWhat was found", bold=True)
    for name, found, command in rows:
        click.echo(f"  {name:{widths[0]}}  {found:{widths[1]}}  {command}")
    click.echo()
    if which("backprobe") is None:
        click.echo(f"`backprobe` is not on the PATH here; it is {_command_file()}")


def _first(outcome: Outcome) -> str:
    if outcome.status:
        return f"failed with status {outcome.status}"
    alarms = [found for found in outcome.findings if found.severity != "note"]
    if not alarms:
        return "nothing, as it should be" if outcome.demo.healthy else "nothing"
    first = alarms[0]
    named = [name for name in first.where if name]
    place = f" in {', '.join(named)}" if named else ""
    more = f" (and {len(alarms) - 1} more)" if len(alarms) > 1 else ""
    return f"{first.rule}{place}{more}"


def _command_file() -> str:
    file = Path(sys.executable).with_name("backprobe")
    here = Path.cwd()
    return str(file.relative_to(here) if file.is_relative_to(here) else file)

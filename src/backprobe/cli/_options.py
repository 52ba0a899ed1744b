# SPDX-License-Identifier: Apache-2.0
"""Arguments and options that several commands share, and the checks of what was given."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from backprobe.records import SEVERITIES, Run
from backprobe.rules import RULES
from backprobe.store import catalog

F = TypeVar("F", bound=Callable[..., Any])


def find_run(wanted: str) -> Run:
    """The run that RUN names.

    Raises:
        click.UsageError: there is none, or several; the text says which there are.
    """
    try:
        return catalog.find(catalog.store_directory(), wanted)
    except catalog.UnknownRun as error:
        raise click.UsageError(str(error)) from error


def check_rules(names: Iterable[str]) -> tuple[str, ...]:
    """The names as they are, each once, if all of them are rules.

    Raises:
        click.UsageError: one is not; the text says what was probably meant.
    """
    known = [rule.name for rule in RULES]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 3)
            meant = (
                f"did you mean {' or '.join(near)}?" if near else "`backprobe explain` lists all"
            )
            raise click.UsageError(f"no rule {name!r}; {meant}")
    return tuple(dict.fromkeys(names))


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Ids and names of runs that begin so, for the shell's completion."""
    found = catalog.runs(catalog.store_directory())
    names = ["latest", *[run.id for run in found], *[run.name for run in found]]
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def complete_rule(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:  # noqa: ARG001
    """Names of rules that begin so, for the shell's completion."""
    return [rule.name for rule in RULES if rule.name.startswith(incomplete)]


def run_argument(required: bool = False) -> Callable[[F], F]:
    """The argument RUN; `latest` where it may be left out."""
    if required:
        return click.argument("run", shell_complete=complete_run)
    return click.argument("run", default="latest", shell_complete=complete_run)


def json_option() -> Callable[[F], F]:
    """The flag `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")


def ignore_option() -> Callable[[F], F]:
    """The option `--ignore RULE`, which may be given several times."""
    return click.option(
        "--ignore",
        multiple=True,
        metavar="RULE",
        shell_complete=complete_rule,
        help="Keep a rule silent; may be given several times.",
    )


def severity_option(name: str, **more: Any) -> Callable[[F], F]:
    """An option that takes a severity."""
    return click.option(name, type=click.Choice(SEVERITIES), **more)


def coloured() -> bool:
    """Whether standard output takes colours: a terminal, and nobody asked for none."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")

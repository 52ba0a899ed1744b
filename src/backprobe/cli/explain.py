# SPDX-License-Identifier: Apache-2.0
"""`backprobe explain`: the page of a rule or a treatment, or the list of them all."""

from __future__ import annotations

import inspect
import re

import click

from backprobe.cli._options import check_rules, complete_rule, json_option
from backprobe.records import SCHEMA
from backprobe.rules import BY_NAME, RULES, AbstractRule
from backprobe.rules.base import family
from backprobe.store import json
from backprobe.treatments.names import TABLE
from backprobe.treatments.pages import page, usage

_HEADING = re.compile(r"^#+\s*(.+)$", re.MULTILINE)


@click.command()
@click.argument("rule", required=False, shell_complete=complete_rule)
@json_option()
def explain(rule: str | None, as_json: bool) -> None:
    """What RULE looks for, why it matters, what to try, and when it is wrong.

    Without RULE: all rules, by family, and all treatments. The name of a treatment, with a value or
    without, says what it changes.

    \b
    backprobe explain dead-relu
    backprobe explain swap-activation=gelu
    """
    if rule is None:
        _list(as_json)
        return
    treatment = rule.partition("=")[0]
    if treatment in TABLE:
        _treatment(treatment, as_json)
        return
    (name,) = check_rules([rule])
    found = BY_NAME[name]
    text = inspect.cleandoc(found.__doc__ or "")
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA, **_entry(found), "text": text}))
        return
    click.secho(f"{name}  ({family(found)}, {found.severity} at most)", bold=True)
    click.echo()
    click.echo(_HEADING.sub(lambda heading: click.style(heading[1], bold=True), text))


def _treatment(name: str, as_json: bool) -> None:
    text = page(name)
    if as_json:
        facts = {"name": name, "usage": usage(name), "summary": TABLE[name].line, "text": text}
        click.echo(json.dumps({"schema": SCHEMA, **facts}))
        return
    click.secho(f"--treat {usage(name)}", bold=True)
    click.echo()
    click.echo(text)


def _list(as_json: bool) -> None:
    if as_json:
        rules = [_entry(rule) for rule in RULES]
        treatments = [{"name": name, "summary": one.line} for name, one in TABLE.items()]
        click.echo(json.dumps({"schema": SCHEMA, "rules": rules, "treatments": treatments}))
        return
    width = max(map(len, [*TABLE, *(rule.name for rule in RULES)]))
    shown = ""
    for rule in RULES:
        if family(rule) != shown:
            shown = family(rule)
            click.secho(f"\n{shown}" if rule is not RULES[0] else shown, bold=True)
        click.echo(f"  {rule.name:{width}}  {_first_line(rule)}")
    click.secho("\ntreatments, for `backprobe run --treat`, `prove` and `study`", bold=True)
    for name, one in sorted(TABLE.items()):
        click.echo(f"  {name:{width}}  {one.line}")


def _entry(rule: type[AbstractRule]) -> dict[str, str]:
    return {
        "name": rule.name,
        "family": family(rule),
        "severity": rule.severity,
        "summary": _first_line(rule),
    }


def _first_line(rule: type[AbstractRule]) -> str:
    return inspect.cleandoc(rule.__doc__ or "").partition("\n")[0]

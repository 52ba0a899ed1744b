# SPDX-License-Identifier: Apache-2.0
"""`backprobe compare`: what two runs were given, and what came out, where they differ."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

import click

from backprobe.cli._options import coloured, complete_run, find_run, json_option
from backprobe.records import SCHEMA, Finding, Record
from backprobe.report.amounts import number
from backprobe.report.overview import metrics, structure
from backprobe.report.table import Cell, Column, render
from backprobe.session import examine
from backprobe.store import json


@click.command()
@click.argument("a", shell_complete=complete_run)
@click.argument("b", shell_complete=complete_run)
@json_option()
def compare(a: str, b: str, as_json: bool) -> None:
    """What differs between the runs A and B: config, environment, metrics, findings."""
    (one, one_found), (other, other_found) = examine(find_run(a)), examine(find_run(b))
    parts = {
        "config": _differences(_given(one), _given(other)),
        "environment": _differences(_surroundings(one, other), _surroundings(other, one)),
        "metrics": _differences(_results(one), _results(other), all_keys=True),
        "findings": _differences(_rules(one_found), _rules(other_found)),
    }
    if as_json:
        click.echo(
            json.dumps({"schema": SCHEMA, "runs": [one.run.id, other.run.id], "differences": parts})
        )
        return
    columns = [Column(""), *(Column(record.run.name, folds=True) for record in (one, other))]
    rows: list[list[str | Cell]] = []
    for title, found in parts.items():
        if found:
            rows.append([Cell(title, "bold"), "", ""])
        rows += [[f"  {key}", _text(left), _text(right)] for key, (left, right) in found.items()]
    width = shutil.get_terminal_size().columns
    click.echo(render(columns, rows, width, coloured()), nl=False)


def _differences(
    left: Mapping[str, Any], right: Mapping[str, Any], all_keys: bool = False
) -> dict[str, tuple[Any, Any]]:
    """Key → both values, None where a run has none; equal ones only with `all_keys`."""
    keys = dict.fromkeys([*left, *right])
    pairs = {key: (left.get(key), right.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if all_keys or pair[0] != pair[1]}


def _given(record: Record) -> dict[str, Any]:
    """The run's config, and what the probe read of the optimizers, losses and size."""
    facts = structure(record)
    given: dict[str, Any] = {"command": " ".join(record.run.command), **record.run.config}
    for number_, optimizer in enumerate(facts["optimizers"]):
        prefix = f"optimizer{number_ or ''}"
        given[prefix] = optimizer["type"]
        for group_number, group in enumerate(optimizer["groups"]):
            of = f"{prefix}.group{group_number}" if len(optimizer["groups"]) > 1 else prefix
            given |= {f"{of}.{key}": value for key, value in group.items()}
    for number_, loss in enumerate(facts["losses"]):
        given[f"loss{number_ or ''}"] = loss["kind"]
    if record.parameters:
        given["parameters"] = facts["parameters"]
    return given


def _surroundings(record: Record, other: Record) -> dict[str, Any]:
    """Its environment; of packages and git only where both have them: trials leave them out."""
    missing = [
        f"{part}."
        for part in ("packages", "git")
        if not (record.run.environment.get(part) and other.run.environment.get(part))
    ]
    found = _environment(record)
    return {key: value for key, value in found.items() if not _begins(key, missing)}


def _begins(key: str, prefixes: list[str]) -> bool:
    return any(key.startswith(prefix) for prefix in prefixes)


def _environment(record: Record) -> dict[str, Any]:
    values = record.run.environment
    flat: dict[str, Any] = {
        key: value for key, value in values.items() if isinstance(value, str | int | float)
    }
    for part in ("torch", "variables", "packages"):
        flat |= {f"{part}.{key}": value for key, value in (values.get(part) or {}).items()}
    git = values.get("git") or {}
    flat |= {f"git.{key}": git[key] for key in ("commit", "branch", "dirty") if key in git}
    script = values.get("script") or {}
    if script:
        flat["script"] = script.get("path")
    return flat


def _results(record: Record) -> dict[str, Any]:
    return {metric.name: metric.last for metric in metrics(record)} | {"steps": len(record.steps)}


def _rules(findings: list[Finding]) -> dict[str, str]:
    return {one.rule: f"{one.severity}, {one.kind}" for one in findings}


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return number(value) if isinstance(value, float) else str(value)

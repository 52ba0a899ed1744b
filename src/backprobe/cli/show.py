# SPDX-License-Identifier: Apache-2.0
"""`backprobe show`: one run's config, environment, structure and metrics."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping
from typing import Any

import click

from backprobe.cli._options import coloured, find_run, json_option, run_argument
from backprobe.face.sparkline import sparkline
from backprobe.records import SCHEMA, Record
from backprobe.report.amounts import ago, duration, number
from backprobe.report.overview import Metric, metrics, structure
from backprobe.report.table import Cell, Column, render
from backprobe.session import examine
from backprobe.store import json

BULKY = ("packages", "script", "git", "variables", "flags", "torch", "seeds", "missing")
"""Parts of the environment that are summed up in the text, and whole in the JSON."""
SPARK_WIDTH = 20
LAYERS = 40
"""Layers listed at most; the JSON has all."""


@click.command()
@run_argument()
@json_option()
def show(run: str, as_json: bool) -> None:
    """RUN's config, environment, structure, metrics, blind spots and damage."""
    record, found = examine(find_run(run))
    if as_json:
        click.echo(json.dumps(_answer(record, len(found))))
        return
    _head(record)
    _section("Config", _pairs(record.run.config))
    _section("Summary", _pairs(record.run.summary))
    _section("Environment", _environment(record.run.environment))
    _section("Structure", _structure(record))
    _metrics(metrics(record))
    _section("Not seen", record.blind_spots)
    _section("Damage", record.damage)
    _section(
        "Failures of the probe",
        [
            f"{event.data.get('collector')}: {event.data['error']}"
            for event in record.named("failure")
        ],
    )
    count = f"{len(found)} finding{'s' * (len(found) != 1)}" if found else "no findings"
    click.echo(f"\n{count}: backprobe findings {record.run.id}")


def _answer(record: Record, findings: int) -> dict[str, Any]:
    run = record.run
    return {
        "schema": SCHEMA,
        "run": {
            key: getattr(run, key)
            for key in (
                *("id", "name", "project", "kind", "state", "created", "ended", "exit_code"),
                *("command", "cwd", "host", "path", "tags", "notes", "ignore"),
            )
        },
        "config": run.config,
        "summary": run.summary,
        "environment": run.environment,
        "steps": len(record.steps),
        "structure": structure(record),
        "metrics": {
            metric.name: {
                "first": metric.first,
                "last": metric.last,
                "low": metric.low,
                "high": metric.high,
                "count": len(metric.values),
                "step": metric.step,
                "observed": metric.observed,
            }
            for metric in metrics(record)
        },
        "cost": next((dict(event.data) for event in reversed(record.named("cost"))), None),
        "findings": findings,
        "blind_spots": record.blind_spots,
        "damage": record.damage,
    }


def _head(record: Record) -> None:
    run = record.run
    now = time.time()
    took = (run.ended or (now if run.state == "running" else None) or run.created) - run.created
    state = run.state + (f" ({run.exit_code})" if run.exit_code else "")
    named = f"{run.id}  {run.name}" if run.name != run.id else run.id
    click.secho(named + (f"  ({run.project})" if run.project else ""), bold=True)
    length = f" · took {duration(took)}" if took else ""
    click.echo(f"{state} · begun {ago(now - run.created)}{length}")
    click.echo(f"{len(record.steps):,} steps · $ {' '.join(run.command)}")
    if record.world > 1:
        click.echo(f"process {record.rank} of {record.world}")


def _section(title: str, lines: Iterable[str]) -> None:
    lines = list(lines)
    if lines:
        click.secho(f"\n{title}", bold=True)
        for line in lines:
            click.echo(f"  {line}")


def _pairs(values: Mapping[str, Any]) -> list[str]:
    width = max((len(key) for key in values), default=0)
    return [f"{key:{width}}  {_short(value)}" for key, value in values.items()]


def _short(value: Any, limit: int = 100) -> str:
    text = number(value) if isinstance(value, float) else str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _environment(values: Mapping[str, Any]) -> list[str]:
    if not values:
        return []
    torch, git = values.get("torch") or {}, values.get("git") or {}
    packages = values.get("packages")  # a trial's are those of the run that it repeats
    counted = f", {len(packages)} packages" if packages else ""
    lines = [
        f"Python {values.get('python', '?')}, torch {torch.get('version', '?')}{counted}",
        f"{values.get('platform', '?')}, {values.get('cpus_usable', '?')} CPUs, "
        f"host {values.get('host', '?')}",
    ]
    if torch:
        kept = {k: v for k, v in torch.items() if k not in ("version", "generators") and v}
        lines.append("torch: " + ", ".join(f"{key} {value}" for key, value in kept.items()))
    if git.get("commit"):
        dirty = ", with changes" if git.get("dirty") else ""
        lines.append(f"git {git['commit'][:12]} on {git.get('branch') or '?'}{dirty}")
    lines += [f"{name}={value}" for name, value in values.get("variables", {}).items()]
    lines += [f"{key}: {_short(value)}" for key, value in values.items() if key == "executable"]
    return lines


def _structure(record: Record) -> list[str]:
    facts = structure(record)
    lines = [
        f"{model['type']}, {model['modules']} modules"
        + (f" ({model['source']})" if model["source"] else "")
        for model in facts["models"]
    ]
    if record.parameters:
        lines.append(f"{facts['parameters']:,} parameters, {facts['trainable']:,} trainable")
    for optimizer in facts["optimizers"]:
        for group in optimizer["groups"]:
            told = ", ".join(
                f"{k} {_short(v)}" for k, v in group.items() if v not in (None, False, 0)
            )
            lines.append(f"{optimizer['type']}: {told}")
    for loss in facts["losses"]:
        after = f" after {' of '.join(loss['before'])}" if loss["before"] else ""
        at = f" ({loss['source']})" if loss["source"] else ""
        lines.append(f"loss {loss['kind']}{after}{at}")
    layers = facts["layers"]
    width = max((len(layer["name"]) for layer in layers[:LAYERS]), default=0)
    lines += [
        f"  {layer['name']:{width}}  {layer['type']}  {' × '.join(map(str, layer['shape']))}"
        for layer in layers[:LAYERS]
    ]
    if len(layers) > LAYERS:
        lines.append(f"  … and {len(layers) - LAYERS} more (--json has all)")
    return lines


def _metrics(found: list[Metric]) -> None:
    if not found:
        return
    click.secho("\nMetrics", bold=True)
    names = ("metric", "", "first", "last", "low", "high", "step")
    columns = [Column(name, right=name not in ("metric", "")) for name in names]
    rows: list[list[str | Cell]] = [
        [
            Cell(_short(metric.name, 30), "dim" if metric.observed else ""),
            sparkline(metric.values.tolist(), SPARK_WIDTH),
            *(number(value) for value in (metric.first, metric.last, metric.low, metric.high)),
            f"{metric.step:,}",
        ]
        for metric in found
    ]
    click.echo(render(columns, rows, shutil.get_terminal_size().columns, coloured()), nl=False)

# SPDX-License-Identifier: Apache-2.0
"""What the rules can use of logged metrics: losses, rates and norms by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.signals import metric_names
from backprobe.store.imports.imported import Row

Columns = dict[str, NDArray[Any]]
MORE = ("grad_norm", "lr")
PERCENT = 1.5
"""An accuracy above is one in percent."""
ALIASES: Mapping[str, tuple[str, ...]] = {
    "lr": ("lr", "learning_rate", "learningrate"),
    "grad_norm": ("grad_norm", "gradient_norm", "gradnorm", "total_norm"),
}
"""Column of `Record.steps` → what the last part of a metric's name is then."""


def steps_table(rows: tuple[Row, ...]) -> Columns:
    """Columns of `Record.steps`: `step`, `time`, `loss`, and where they were logged `lr` and
    `grad_norm`; empty where no training loss is known by its name."""
    names = _counted(rows)
    loss = _loss(names)
    if loss is None:
        return {}
    chosen = {"loss": loss}
    for column in MORE:
        for name in names:
            if _last(name) in ALIASES[column]:
                chosen.setdefault(column, name)
    return _columns(rows, chosen, needed="loss")


def evaluations_table(rows: tuple[Row, ...]) -> Columns:
    """Columns of `Record.evaluations`: `step`, `time`, and what was logged of a held-out `loss`
    and `accuracy`; empty where neither is known by its name."""
    chosen: dict[str, str] = {}
    for name in _counted(rows):
        if metric_names.evaluates(name):
            word = metric_names.metric(name)
            column = "loss" if word == "loss" else "accuracy" if word in ("acc", "accuracy") else ""
            if column:
                chosen.setdefault(column, name)
    if not chosen:
        return {}
    table = _columns(rows, chosen)
    if "accuracy" in table and np.nanmax(table["accuracy"], initial=0.0) > PERCENT:
        table["accuracy"] = table["accuracy"] / 100.0
    return table


def _counted(rows: tuple[Row, ...]) -> list[str]:
    """Names of the numbers that were logged, the most frequent first."""
    counts: dict[str, int] = {}
    for _, _, values in rows:
        for name, value in values.items():
            if isinstance(value, (int, float)):
                counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: -counts[name])


def _loss(names: list[str]) -> str | None:
    """The training loss: one that says so before one that says nothing, of these the densest."""
    losses = [
        name
        for name in names
        if metric_names.metric(name) == "loss" and not metric_names.evaluates(name)
    ]
    told = [name for name in losses if metric_names.trains(name)]
    plain = [name for name in losses if _last(name) == "loss"]
    return next(iter(told or plain), None)


def _last(name: str) -> str:
    return name.lower().replace("\\", "/").split("/")[-1].split(".")[-1].strip()


def _columns(rows: tuple[Row, ...], chosen: Mapping[str, str], needed: str = "") -> Columns:
    kept = [
        (step, now, values)
        for step, now, values in rows
        if any(name in values for name in ([chosen[needed]] if needed else chosen.values()))
    ]
    columns: Columns = {
        "step": np.asarray([step for step, _, _ in kept], np.int64),
        "time": np.asarray([now for _, now, _ in kept], np.float64),
    }
    for column, name in chosen.items():
        found = [_float(values.get(name)) for _, _, values in kept]
        columns[column] = np.asarray(found, np.float64)
    return columns


def _float(value: Any) -> float:
    try:
        return float(value) if isinstance(value, (int, float)) else float("nan")
    except OverflowError:
        return float("nan")

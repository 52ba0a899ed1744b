# SPDX-License-Identifier: Apache-2.0
"""A run in figures: its structure, and each of its metrics from first to last."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record

OBSERVED = ("loss", "grad_norm", "lr")
"""Columns of `Record.steps` that are shown as metrics, beside what the script logged."""


@dataclass(frozen=True)
class Metric:
    """One series, logged by the script or (`observed`) read by the probe.

    `values` [n] are in the order of their steps; `first`, `last`, `low` and `high` are over what
    was measured, NaN where nothing finite was.
    """

    name: str
    values: NDArray[Any]
    step: int
    observed: bool

    @property
    def first(self) -> float:
        """The first value."""
        return float(self.values[0])

    @property
    def last(self) -> float:
        """The last value."""
        return float(self.values[-1])

    @property
    def low(self) -> float:
        """The lowest finite value."""
        finite = self.values[np.isfinite(self.values)]
        return float(finite.min()) if finite.size else math.nan

    @property
    def high(self) -> float:
        """The highest finite value."""
        finite = self.values[np.isfinite(self.values)]
        return float(finite.max()) if finite.size else math.nan


def metrics(record: Record) -> list[Metric]:
    """What the script logged, then what the probe read; series without a value are left out."""
    found = [
        Metric(name, np.asarray(values, np.float64), int(steps[-1]), observed=False)
        for name, (steps, values) in sorted(record.history.items())
        if len(values)
    ]
    steps = record.steps["step"]
    for name in OBSERVED:
        column = record.steps.numbers(name)
        measured = ~np.isnan(column)
        if measured.any():
            last = int(steps[np.flatnonzero(measured)[-1]])
            found.append(Metric(name, column[measured], last, observed=True))
    for name in ("loss", "accuracy"):
        column = record.evaluations.numbers(name)
        measured = ~np.isnan(column)
        if measured.any():
            last = int(record.evaluations["step"][np.flatnonzero(measured)[-1]])
            found.append(Metric(f"evaluation {name}", column[measured], last, observed=True))
    return found


def structure(record: Record) -> Mapping[str, Any]:
    """The model, its optimizers and its losses in JSON-ready facts."""
    roots = [module for module in record.modules if module.parent < 0]
    return {
        "models": [
            {
                "type": root.type,
                "modules": sum(module.root == root.index for module in record.modules),
                "source": str(root.source) if root.source else None,
            }
            for root in roots
        ],
        "layers": [
            {"name": place.name, "type": place.type, "shape": list(place.shape)}
            for place in sorted(record.places, key=lambda place: place.order)
        ],
        "parameters": sum(parameter.size for parameter in record.parameters),
        "trainable": sum(p.size for p in record.parameters if p.requires_grad),
        "optimizers": [
            {
                "type": optimizer.type,
                "source": str(optimizer.source) if optimizer.source else None,
                "groups": [
                    {key: value for key, value in group.items() if key != "parameters"}
                    for group in optimizer.groups
                ],
            }
            for optimizer in record.optimizers
        ],
        "losses": [
            {
                "kind": loss.kind,
                "before": list(loss.before),
                "reduction": loss.reduction,
                "classes": loss.classes or None,
                "source": str(loss.source) if loss.source else None,
            }
            for loss in record.losses
        ],
    }

# SPDX-License-Identifier: Apache-2.0
"""What the network was fed: scales of batches, balance of classes, rows that repeat or overlap."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from backprobe.records import Record
from backprobe.server.payload import json_response
from backprobe.server.readers import Readers
from backprobe.signals import rows

COLUMNS = (
    "rows", "mean", "std", "min", "max", "nonfinite", "first_mean", "first_std", "first_min",
    "first_max", "target_mean", "target_std", "target_classes", "accuracy",
)  # fmt: skip
"""Of the table of batches; each becomes a median and a range."""


def data(request: Request) -> Response:
    """`GET /api/runs/{id}/data`: `training` and `evaluation` batches, `targets`, `rows`.

    A phase has `batches` (looked at), `distinct` (by checksum) and for each column of the record's
    table of batches that was measured its `[least, median, greatest]`.
    """
    readers: Readers = request.app.state.readers
    view = readers.view(request.path_params["id"])
    record = view.record
    return json_response(
        {
            "schema": 1,
            "length": view.length,
            "training": _phase(record, 0),
            "evaluation": _phase(record, 1),
            "targets": [
                {
                    "loss": loss.kind,
                    "classes": loss.classes,
                    "target": loss.target,
                    "output": loss.output,
                    "weighted": loss.weighted,
                }
                for loss in record.losses
            ],
            "repeats": _asdict(rows.repeats(record)),
            "overlap": _asdict(rows.overlap(record)),
        }
    )


def _phase(record: Record, evaluation: int) -> dict[str, Any]:
    table = record.batches
    chosen = table["evaluation"] == evaluation
    found: dict[str, Any] = {"batches": int(chosen.sum()), "distinct": None, "columns": {}}
    if not chosen.any():
        return found
    sums = table["checksum"][chosen]
    sums = sums[~np.isnan(sums.astype(np.float64))]
    if len(sums):
        found["distinct"] = len(np.unique(sums))
    for name in COLUMNS:
        values = _numbers(table[name][chosen])
        if len(values):
            least, middle, most = np.quantile(values, [0, 0.5, 1])
            found["columns"][name] = [float(least), float(middle), float(most)]
    return found


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    found = values.astype(np.float64)
    return found[np.isfinite(found)]


def _asdict(found: Any) -> dict[str, Any] | None:
    return None if found is None else asdict(found)

# SPDX-License-Identifier: Apache-2.0
"""A record as one table: a row a step, the probe's columns and what the script logged."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Record

PREFIX = "probe/"
"""Of columns that the probe measured; the others are the script's own."""


def columns(record: Record) -> dict[str, NDArray[Any]]:
    """Column → values, all of one length: `step`, `probe/…`, then what `log` was given.

    A cell without a value is NaN: a step has one row, also where a metric was logged twice at it,
    of which the later value counts.
    """
    probed = record.steps.numbers("step").astype(np.int64)
    every = [probed, *(steps for steps, _ in record.history.values())]
    steps = np.unique(np.concatenate(every)) if every else np.zeros(0, np.int64)
    found: dict[str, NDArray[Any]] = {"step": steps}
    for name in record.steps:
        if name != "step":
            found[PREFIX + name] = _spread(steps, probed, record.steps[name])
    for key, (at, values) in record.history.items():
        found[key if key != "step" else "step (logged)"] = _spread(steps, at, values)
    return found


def csv_text(record: Record) -> str:
    """The table as CSV; an empty cell is no value. The script's own NaN is a value: `nan`."""
    table = columns(record)
    logged = {key: set(steps.tolist()) for key, (steps, _) in record.history.items()}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table)
    steps = table["step"].tolist()
    texts = []
    for name, values in table.items():
        if name == "step":
            texts.append([str(step) for step in steps])
            continue
        given = logged.get(name.removesuffix(" (logged)"), set()) if name in logged else set()
        texts.append(
            [
                "" if value != value and step not in given else str(value)
                for step, value in zip(steps, values.tolist(), strict=True)
            ]
        )
    writer.writerows(zip(*texts, strict=True))
    return out.getvalue()


def _spread(steps: NDArray[Any], at: NDArray[Any], values: NDArray[Any]) -> NDArray[np.float64]:
    column = np.full(len(steps), np.nan)
    column[np.searchsorted(steps, at)] = values
    return column

# SPDX-License-Identifier: Apache-2.0
"""A run from a CSV file: a row a step, a column a metric."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

from backprobe.store.imports.imported import Imported, NotReadable, Row

STEPS = ("step", "_step", "global_step", "iteration", "iter", "batch", "epoch")
"""Names of the column of the steps, the likeliest first; without one rows are counted."""
TIMES = ("time", "wall time", "wall_time", "timestamp", "_timestamp")
SUFFIXES = (".csv", ".tsv")
LONGEST = 1 << 20
"""Characters of a cell; what is longer is no metric."""


def holds(path: Path) -> bool:
    """Whether a path is such a file; folders are not searched for them."""
    return path.is_file() and path.suffix.lower() in SUFFIXES


def read(path: Path) -> list[Imported]:
    """The run of a file.

    Raises:
        NotReadable: it is no table with a header, or no column holds a number.
        OSError: it can't be opened.
    """
    csv.field_size_limit(LONGEST)
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        sample = file.read(1 << 16)
        file.seek(0)
        try:
            table = list(csv.reader(file, delimiter=_delimiter(sample, path)))
        except csv.Error as error:
            raise NotReadable(f"{path}: {error}") from error
    table = [line for line in table if any(cell.strip() for cell in line)]
    if len(table) < 2:
        raise NotReadable(f"{path}: expected a header and at least one row")
    names = [name.strip() for name in table[0]]
    lower = [name.lower() for name in names]
    step_at = next((lower.index(name) for name in STEPS if name in lower), -1)
    time_at = next((lower.index(name) for name in TIMES if name in lower), -1)
    rows, bad = _rows(table[1:], names, step_at, time_at)
    numbers = {name for _, _, values in rows for name in values}
    if not numbers:
        raise NotReadable(f"{path}: no column holds a number under a name")
    return [
        Imported(
            tracker="CSV",
            origin=str(path.absolute()),
            key=f"csv:{path.absolute()}",
            name=path.stem,
            rows=tuple(sorted(rows, key=lambda row: row[0])),
            damage=(f"{path.name}: {bad} cells are no numbers",) if bad else (),
        )
    ]


def _delimiter(sample: str, path: Path) -> str:
    first = sample.split("\n", 1)[0]
    likely = max(",;\t|", key=first.count)
    return likely if first.count(likely) else "\t" if path.suffix.lower() == ".tsv" else ","


def _rows(
    table: list[list[str]], names: list[str], step_at: int, time_at: int
) -> tuple[list[Row], int]:
    rows: list[Row] = []
    bad = 0
    for count, line in enumerate(table):
        step = _number(line[step_at]) if 0 <= step_at < len(line) else None
        now = _number(line[time_at]) if 0 <= time_at < len(line) else None
        values: dict[str, Any] = {}
        for at, (name, cell) in enumerate(zip(names, line, strict=False)):
            if at in (step_at, time_at) or not name or not cell.strip():
                continue
            value = _number(cell)
            if value is None:
                bad += 1
            else:
                values[name] = value
        usable = step is not None and math.isfinite(step) and abs(step) < 2**53
        sound = now is not None and math.isfinite(now)
        if values:
            at_step = int(step) if usable and step is not None else count
            rows.append((at_step, float(now) if sound and now is not None else 0.0, values))
    return rows, bad


def _number(cell: str) -> float | None:
    try:
        return float(cell.strip().replace("_", "x"))  # Python reads 1_000 as a number, others not
    except ValueError:
        return None

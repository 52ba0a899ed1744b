# SPDX-License-Identifier: Apache-2.0
"""Fit and judge the confidence of findings: of those at 0.8, four in five should be right.

    python benchmarks/diagnosis/calibrate.py --store DIR [FOLDER…] [--split held-out]
        [--rows FILE] [--add FILE…]

Diagnoses the kept runs of `score.py --store DIR`, takes each cause that was named, and fits the
logistic model of `backprobe.rules.calibration` to whether it was right. What it prints as
reliability comes from ten folds by program: no finding is judged by a fit that saw its program.
`--rows` writes the cases of the fit as JSON, `--add` takes such files instead of a store: so rules
can be judged by programs that were written later than they.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

import score  # type: ignore[import-not-found]  # beside this file

from backprobe.diagnose import join
from backprobe.rules import RULES
from backprobe.rules.calibration import NAMES, features
from backprobe.rules.explanations import COSMETIC
from backprobe.store import catalog
from backprobe.store.reader import RunReader

PENALTY = 1.0
"""Of the squared distance of a coefficient from doing nothing (1 for the strength, else 0)."""
FOLDS = 10
EDGES = (0.0, 0.5, 0.7, 0.8, 0.9, 1.01)

Array = NDArray[np.float64]
Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints coefficients and the reliability table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folders", nargs="*", help="folders of cases; the corpus beside this file")
    parser.add_argument("--split", default="all", help="dev, held-out or all")
    parser.add_argument("--store", help="where score.py kept the runs")
    parser.add_argument("--rows", help="write the cases of the fit to this file and end")
    parser.add_argument("--add", nargs="*", default=[], help="files that --rows wrote")
    options = parser.parse_args(arguments)
    rows: list[Row] = [row for path in options.add for row in json.loads(Path(path).read_text())]
    if options.store:
        folders = [Path(f) for f in options.folders] or [score.CASES]
        for case in score._cases(folders):
            if options.split in ("all", score._split(case)):
                rows += _rows(case, Path(options.store))
    if not rows:
        print("no finding: expected --store with kept runs of the cases, or --add")
        return 2
    if options.rows:
        Path(options.rows).write_text(json.dumps(rows, indent=0) + "\n")
        return 0
    x = np.array([row["features"] for row in rows])
    y = np.array([float(row["right"]) for row in rows])
    groups = np.array([sum(map(ord, str(row["case"]))) % FOLDS for row in rows])
    guess = np.empty(len(rows))
    for fold in range(FOLDS):
        inside = groups == fold
        guess[inside] = _sigmoid(x[inside] @ fit(x[~inside], y[~inside]))
    for name, value in zip(NAMES, fit(x, y), strict=True):
        print(f"{name:26}{value:>8.3f}")
    programs = len({row["case"] for row in rows})
    print(f"\n{len(rows)} causes in {programs} programs, {y.mean():.0%} right")
    for title, values in (("strength as the rule gives it", _sigmoid(x[:, 1])), ("fitted", guess)):
        print(f"\n{title}: calibration error {error(values, y):.3f}")
        _table(values, y)
    return 0


def fit(x: Array, y: Array) -> Array:
    """Coefficients of the logistic model, by Newton's method."""
    prior = np.zeros(x.shape[1])
    prior[1] = 1.0
    found = prior.copy()
    weight = np.full(x.shape[1], PENALTY)
    weight[0] = 0.01
    for _ in range(100):
        p = _sigmoid(x @ found)
        slope = x.T @ (p - y) + weight * (found - prior)
        curve = (x.T * (p * (1 - p))) @ x + np.diag(weight)
        step = np.linalg.solve(curve, slope)
        found = found - step * min(1.0, 1.0 / float(np.abs(step).max() + 1e-12))
    return np.asarray(found, np.float64)


def error(guess: Array, y: Array) -> float:
    """Expected calibration error over the bins of the table."""
    total = 0.0
    for low, high in pairwise(EDGES):
        inside = (guess >= low) & (guess < high)
        if inside.any():
            total += abs(float(guess[inside].mean() - y[inside].mean())) * inside.mean()
    return float(total)


def _rows(case: score.Facts, store: Path) -> list[Row]:
    try:
        reader = RunReader(catalog.find(store / str(case["id"])))
    except LookupError:
        return []
    reader.refresh()
    record = reader.record()
    found = []
    with np.errstate(all="ignore"):
        for rule in RULES:
            found += rule().check(record)
    joined = join([replace(f, kind="cause") for f in found])
    roots = set(case["root_causes"])
    return [
        {
            "case": case["id"],
            "rule": f.rule,
            "features": features(f, joined),
            "right": f.rule in roots,
        }
        for f in joined
        if f.kind == "cause" and f.rule not in COSMETIC
    ]


def _table(guess: Array, y: Array) -> None:
    print(f"{'confidence':>14}{'findings':>10}{'mean':>8}{'right':>8}")
    for low, high in pairwise(EDGES):
        inside = (guess >= low) & (guess < high)
        if inside.any():
            print(
                f"{low:>6.2f} to {min(high, 1.0):.2f}{int(inside.sum()):>10}"
                f"{guess[inside].mean():>8.2f}{y[inside].mean():>8.2f}"
            )


def _sigmoid(x: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-x)), np.float64)


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: Apache-2.0
"""Class ids, one a row, a pixel or a token, that a loss takes for numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import at_most_warning, severity_by_harm, severity_of_mistake
from backprobe.rules.outputs import output_names
from backprobe.rules.wording import at, figure
from backprobe.signals import metric_names
from backprobe.signals.baseline import number
from backprobe.signals.losses import REGRESSION
from backprobe.signals.printed import printed_series
from backprobe.signals.progress import progress

MOST_CLASSES = 100
"""Different whole numbers; more are counts."""
BALANCE = 0.4
"""Rarest id / most frequent: counts and ratings thin out towards their ends."""
REPEATS = 5
"""Rows a class: ids repeat."""
DENSE = 8
"""Targets a row from which they are of pixels or tokens; fewer may be several grades."""
DIP = 0.9
"""Of the rarer neighbour: levels and counts have one top, and fall off from it on both sides."""
OF_CLASSES = ("accuracy", "acc", "iou", "miou", "jaccard", "dice", "f1")
"""Scores that count answers as right or wrong."""


def class_ids(record: Record, rule: str, loss: Loss) -> Finding | None:
    """A squared or absolute error on whole numbers that are the names of classes.

    Arguments:
        record: of a run.
        rule: name of the rule that tells of it.
        loss: one of its losses.
    """
    counts = [c for c in loss.target.get("classes", ()) if c > 0]
    low, high = number(loss.target, "min"), number(loss.target, "max")
    if loss.kind not in REGRESSION or not loss.target.get("whole") or low != 0.0 or high is None:
        return None
    if not 3 <= len(counts) <= MOST_CLASSES or len(counts) != high + 1 or min(counts) < REPEATS:
        return None
    state, judged = progress(record), _judged(record)
    alike, severity = min(counts) / max(counts), severity_by_harm(state)
    if judged:
        severity = severity_of_mistake(record)
    if alike < BALANCE:
        alike = _alike_but_one(counts)
        dense = math.prod(loss.target_shape[1:]) >= DENSE
        if not dense or not (alike >= BALANCE or (judged and _dips(counts))):
            return None
        if not judged:  # levels of a picture may be about as many, too
            if len(counts) < 4 or _whole_inputs(record):
                return None
            severity = "note"
    return Finding(
        rule=rule,
        severity=at_most_warning(severity),
        confidence=confidence(0.45, 0.85, max(state.hurt, 0.7 * bool(judged)), alike),
        message=(
            f"the targets are whole numbers 0 to {figure(high)} of type "
            f"{loss.target.get('dtype', 'int')}, {len(counts)} different ones: class ids; "
            f"the loss is {loss.kind}{at(loss.source)}, for which their order and distance count"
            + (f"; the script judges them by {judged}, as classes" if judged else "")
        ),
        where=output_names(record, loss),
        source=loss.source,
        evidence={"classes": len(counts), "kind": loss.kind, "accuracy": bool(judged)},
        treatments=("swap-loss=cross-entropy",),
    )


def _alike_but_one(counts: Sequence[int]) -> float:
    """Rarest / most frequent of the ids without the commonest: a background, padding."""
    rest = sorted(counts)[:-1]
    return rest[0] / rest[-1]


def _dips(counts: Sequence[int]) -> bool:
    """Whether some id is rarer than one on either side of it."""
    of = np.asarray(counts, np.float64)
    before, after = np.maximum.accumulate(of), np.maximum.accumulate(of[::-1])[::-1]
    return bool((of[1:-1] < DIP * np.minimum(before[:-2], after[2:])).any())


def _whole_inputs(record: Record) -> bool:
    """Whether what comes in is whole numbers too: levels that are mapped to levels."""
    table = record.batches
    low, high = (table.numbers(k) for k in ("min", "max"))
    known = np.isfinite(low) & np.isfinite(high)
    both = np.concatenate([low[known], high[known]])
    return bool(both.size) and bool((both == np.rint(both)).all())


def _judged(record: Record) -> str:
    """The score by which the script counts answers as right, "" where it tells none."""
    told = [name for name, _ in printed_series(record)]
    told += [metric_names.metric(key) for key in record.history]
    return next((name for name in OF_CLASSES if name in told), "")

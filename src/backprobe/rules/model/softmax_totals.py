# SPDX-License-Identifier: Apache-2.0
"""A softmax, whose row adds up to 1, for rows of targets that add up to something else."""

from __future__ import annotations

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import at_least_warning, severity_by_harm, severity_of_mistake
from backprobe.rules.outputs import output_place
from backprobe.rules.wording import at, figure, percent
from backprobe.signals.baseline import number
from backprobe.signals.losses import BINARY, REGRESSION
from backprobe.signals.progress import progress

TOTAL = 0.1
"""Distance of the targets' mean row total from 1: one class a row gives 1 exactly."""
ROWS = 0.1
"""Share of the rows that add up to another total: a few are labelled badly."""


def other_totals(record: Record, rule: str, loss: Loss) -> Finding | None:
    """What no softmax can answer: several labels of a row, or none."""
    mean, shape = number(loss.target, "mean"), loss.target_shape
    if loss.kind not in BINARY | REGRESSION or loss.before[:1] != ("softmax",) or mean is None:
        return None
    if len(shape) < 2 or shape[1] < 2 or not loss.target.get("whole"):
        return None
    total, off = mean * shape[1], _rows_off(loss)
    by_mean = loss.kind in BINARY and abs(total - 1.0) >= TOTAL
    if off < ROWS and not by_mean:
        return None
    state = progress(record)
    where, source = output_place(record, loss, "softmax")
    # Tags that are only ranked bear rows that are off.
    severity = at_least_warning(severity_by_harm(state)) if by_mean else severity_of_mistake(record)
    rows = f"; {percent(off)} of the rows have several or none" if off >= ROWS else ""
    return Finding(
        rule=rule,
        severity=severity,
        confidence=confidence(
            0.7, 0.95, max(between(abs(total - 1.0), 0.1, 1.0), between(off, ROWS, 0.5)), state.hurt
        ),
        message=(
            f"the {shape[1]} outputs pass a softmax{at(source)} and add up to 1, but "
            f"{figure(total)} of the labels are right in a row on average{rows}: softmax suits one "
            f"right class, independent labels want a sigmoid each; {state.in_words()}"
        ),
        where=where,
        source=source or loss.source,
        evidence={"activation": "softmax", "labels": shape[1], "right": total, "rows_off": off},
        treatments=("swap-loss=bce-with-logits",),
    )


def _rows_off(loss: Loss) -> float:
    """Share of the rows of 0 and 1 that the softmax of a row can't be.

    Rows of no one may be left out by a mask, where each row's loss is still apart.
    """
    low, high = number(loss.target, "min"), number(loss.target, "max")
    total, apart = number(loss.output, "row_sum"), number(loss.output, "row_sum_std")
    if len(loss.target_shape) != 2 or (low, high) != (0.0, 1.0) or total is None or apart is None:
        return 0.0
    if abs(total - 1.0) > 0.01 or apart > 0.01:
        return 0.0  # the softmax runs along another axis, or something comes after it
    less = number(loss.target, "rows_less") or 0.0
    none = less if loss.reduction in ("mean", "sum") and not loss.weighted else 0.0
    return none + (number(loss.target, "rows_more") or 0.0)

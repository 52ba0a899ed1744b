# SPDX-License-Identifier: Apache-2.0
"""Targets in raw units of one of several tasks: its errors are all of the loss that counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.places import is_output
from backprobe.rules.wording import at, figure, percent
from backprobe.signals.generalisation import generalisation
from backprobe.signals.held_out import majority_share
from backprobe.signals.losses import BINARY, CLASSES, main_loss

SQUARED = ("mse", "smooth_l1", "huber")
FIRST = 5
"""Steps whose loss is that of outputs which have not moved yet."""
SHARE = 1000.0
"""Times that the classes' term has to be smaller: a hundred may be a weight that was chosen."""
RARE = 0.8
"""Share of the commonest class from which few right answers may tell of more that is learned."""
SKILL = 0.2
"""Of the classes, below which their task is not learned: 0 is the commonest class."""


def swamping(record: Record, rule: str, least: float) -> list[Finding]:
    """At most one finding: errors that drown the classes' term, which is not learned.

    What a term of classes is at first is known, so the rest of the first loss is the other's.

    Arguments:
        record: of the run.
        rule: whose finding it is.
        least: root mean square of the errors at the first steps.
    """
    main = main_loss(record)
    loss, first = main.loss, main.value[:FIRST]
    error = _error(loss) if loss is not None else None
    first = first[np.isfinite(first)]
    if loss is None or error is None or main.several or not first.size:
        return []
    classes = math.log(max(2, loss.classes))
    rest, both = float(np.median(first)) - classes, generalisation(record)
    unlearned = both.unit == "accuracy" and both.train < SKILL and majority_share(record) < RARE
    if not rest > SHARE * classes or not unlearned:
        return []
    scale = float(error["scale"])
    size = rest / scale if scale > 0.0 else 0.0
    # A Huber loss grows with the errors themselves, a squared one with their squares.
    size = math.sqrt(max(size, 0.0)) if error["kind"] == "mse" else size
    if size < least:
        return []
    where = _layer(record, loss, error)
    return [
        Finding(
            rule=rule,
            severity="warning",
            confidence=confidence(0.6, 0.93, beyond(rest / classes, SHARE, 1000.0 * SHARE)),
            message=(
                f"the loss is a sum{at(loss.source)}: its term of classes begins at about "
                f"{figure(classes)}, its {error['kind']} term at {figure(rest)}, as its targets "
                f"are {figure(size)} away from the outputs; normal is about 1. The classes get no "
                f"say: {percent(both.train_value)} of the training rows are right at the end"
            ),
            where=where,
            source=loss.source,
            evidence={"size": size, "term": rest, "classes_term": classes},
        )
    ]


def _error(loss: Loss) -> dict[str, Any] | None:
    """The one summand that is an error beside a term of classes, if that is all there is."""
    if loss.kind not in CLASSES | BINARY or loss.terms != 2 or len(loss.summands) != 2:
        return None
    found = [s for s in loss.summands if s.get("kind") in SQUARED and s["reduction"] == "mean"]
    return dict(found[0]) if len(found) == 1 else None


def _layer(record: Record, loss: Loss, error: dict[str, Any]) -> tuple[str, ...]:
    """The layer that gives the answers of that summand, where only one can."""
    count = math.prod(int(size) for size in error["shape"])
    found = [p for p in record.places if p.shape and is_output(record, p) and not p.functional]
    fits = [p.name for p in found if math.prod(p.shape) == count and p.shape != loss.output_shape]
    return tuple(fits) if len(fits) == 1 else ()

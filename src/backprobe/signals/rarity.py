# SPDX-License-Identifier: Apache-2.0
"""Whether weights that are to make up for rare classes favour the common ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Loss, Record
from backprobe.signals.losses import BINARY, CLASSES

ROWS = 3.0
WEIGHT = 2.0
"""Commonest against rarest class, in rows and in weight: less of either changes little."""
SLOPES = (0.4, 2.5)
"""Powers of the class's rows that weights are made of: of its root to its square."""
ALIKE = 0.9
"""Least correlation of the weights' logarithms with those of the rows."""
SHARE_OFF = 0.05
"""Two shares of the rows served are alike up to so much, or to a quarter of themselves."""


class Favour(NamedTuple):
    """Weights that grow with the rows of a class.

    Arguments:
        rows: of the commonest class, over those of the rarest.
        weight: the same of their weights.
    """

    rows: float
    weight: float


def favour(rows: NDArray[np.float64], weights: NDArray[np.float64]) -> Favour | None:
    """What weights [n] favour, where they are a power of the rows [n] of each class; else None.

    Weights that make up for rarity are a negative power (1 over the count, over its root).
    """
    known = (rows > 0.0) & (weights > 0.0) & np.isfinite(weights)
    if known.sum() < 2:
        return None
    x, y = np.log(rows[known]), np.log(weights[known])
    if np.ptp(x) < np.log(ROWS) or np.ptp(y) < np.log(WEIGHT):
        return None
    correlation = float(np.corrcoef(x, y)[0, 1])
    slope = correlation * float(np.std(y) / np.std(x))
    if correlation < ALIKE or not SLOPES[0] <= slope <= SLOPES[1]:
        return None
    common, rare = int(np.argmax(x)), int(np.argmin(x))
    return Favour(float(np.exp(x[common] - x[rare])), float(np.exp(y[common] - y[rare])))


def favoured_by_loss(loss: Loss) -> Favour | None:
    """Of the weights that a loss gives to classes, or to a yes of its one output or of each.

    Of several outputs how often each says yes is not known, only how often all of them do: their
    weights count by their mean logarithm.
    """
    counts = loss.target.get("classes") or ()
    rows, weights = np.asarray(counts, np.float64), np.asarray(loss.class_weights, np.float64)
    if loss.kind in BINARY and len(weights) >= 1 and len(rows) == 2:
        if not (weights > 0.0).all():
            return None
        weights = np.array([1.0, np.exp(np.log(weights).mean())])
    elif loss.kind not in CLASSES or len(rows) > len(weights):
        return None
    return favour(rows, weights[: len(rows)])


def favoured_by_sampler(record: Record, served: NDArray[np.float64]) -> Favour | None:
    """Of the weights by which a loader draws rows, where it is their classes that have them.

    Arguments:
        record: the run so far.
        served: rows [classes] of each class that the loss was given.
    """
    for event in record.named("loader"):
        draws = np.asarray(event.data.get("draws") or np.zeros((0, 2)), np.float64)
        if draws.ndim != 2 or not 2 <= len(served) <= len(draws):
            continue
        drawn = np.sort(draws.prod(axis=1) / draws.prod(axis=1).sum())
        never = np.zeros(len(draws) - len(served))  # classes too rare to have been looked at
        seen = np.sort(np.concatenate([never, served / served.sum()]))
        found = favour(draws[:, 1], draws[:, 0])
        if found is not None and np.allclose(drawn, seen, rtol=0.25, atol=SHARE_OFF):
            return found
    return None

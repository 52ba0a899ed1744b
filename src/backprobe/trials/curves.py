# SPDX-License-Identifier: Apache-2.0
"""Learning curves of trials: the training loss over steps, and the band over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Run
from backprobe.store.reader import RunReader

POINTS = 40
"""Points of a curve: as many as a terminal shows, and fewer than most runs have steps."""
EACH, LEAST = 3, 8
"""A point is the median of so many steps at least: an epoch's last batch may be a few rows. A very
short run has a few points all the same."""
END = 0.1
"""The end of a training is its last tenth."""


@dataclass(frozen=True)
class Curve:
    """One trial.

    Arguments:
        steps: optimizer step at the end of each part [n].
        loss: median training loss of each part [n]; NaN where none was seen.
        end: mean training loss of the last tenth, NaN where there is none.
        held_out: last loss that the probe saw in evaluation, NaN where there is none.
    """

    steps: NDArray[np.float64]
    loss: NDArray[np.float64]
    end: float
    held_out: float

    @property
    def gap(self) -> float:
        """By how much the held-out loss is above the training loss at the end: overfitting."""
        return self.held_out - self.end

    def reached(self, target: float) -> float:
        """The step at which the loss is first at the target or below; infinite for never."""
        hit = np.flatnonzero(self.loss <= target)
        if hit.size:
            return float(self.steps[hit[0]])
        return float(self.steps[-1]) if self.steps.size and self.end <= target else math.inf


@dataclass(frozen=True)
class Band:
    """The curves of one cell, over seeds.

    Arguments:
        steps: [n].
        mean, low, high: of the loss over the seeds [n].
        end, gap: mean over the seeds; NaN where not known.
        ends: lowest and highest end.
    """

    steps: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    end: float
    gap: float
    ends: tuple[float, float]


def curve(run: Run) -> Curve:
    """The curve of a stored run."""
    reader = RunReader(run)
    reader.refresh()
    record = reader.record()
    steps = record.steps.numbers("step")
    loss = record.steps.numbers("loss")
    evaluated = record.evaluations.numbers("loss")
    evaluated = evaluated[np.isfinite(evaluated)]
    held_out = float(evaluated[-1]) if evaluated.size else math.nan
    return reduce(steps, loss, held_out)


def reduce(
    steps: NDArray[np.float64], loss: NDArray[np.float64], held_out: float = math.nan
) -> Curve:
    """A curve of at most `POINTS` points.

    Arguments:
        steps: optimizer steps, rising [n].
        loss: of each [n].
        held_out: last loss of an evaluation.
    """
    kept = np.isfinite(loss)
    steps, loss = steps[kept], loss[kept]
    if not loss.size:
        return Curve(np.zeros(0), np.zeros(0), math.nan, held_out)
    parts = np.array_split(
        np.arange(loss.size), min(POINTS, loss.size, max(LEAST, loss.size // EACH))
    )
    ends = np.array([steps[part[-1]] for part in parts])
    medians = np.array([np.median(loss[part]) for part in parts])
    last = max(1, round(END * loss.size))
    return Curve(ends, medians, float(np.mean(loss[-last:])), held_out)


def band(curves: Sequence[Curve]) -> Band | None:
    """Mean, lowest and highest of several curves; None where none has a point.

    They are cut to the shortest and read off at the same steps.
    """
    found = [one for one in curves if one.steps.size]
    if not found:
        return None
    last = min(float(one.steps[-1]) for one in found)
    first = max(float(one.steps[0]) for one in found)
    grid = np.linspace(first, max(first, last), min(POINTS, max(one.steps.size for one in found)))
    values = np.array([np.interp(grid, one.steps, one.loss) for one in found])
    ends = [one.end for one in found]
    gaps = [one.gap for one in found if math.isfinite(one.gap)]
    return Band(
        grid,
        values.mean(0),
        values.min(0),
        values.max(0),
        float(np.mean(ends)),
        float(np.mean(gaps)) if gaps else math.nan,
        (min(ends), max(ends)),
    )

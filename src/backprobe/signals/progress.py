# SPDX-License-Identifier: Apache-2.0
"""What a run has learned: its loss against the trivial predictor's and against its own start.

Unit: `explained` is the share of the trivial predictor's loss that the network took away, of what
can be taken away (1: all; 0: no better than a constant answer; below 0: worse), the R² of any loss.
`hurt` turns it into a number from 0 (learns well) to 1 (learned nothing), which rules use so as to
warn only where something hurts this run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from backprobe.records import Loss, Record, Source
from backprobe.signals.baseline import least_loss, trivial_loss
from backprobe.signals.held_out import majority_share
from backprobe.signals.losses import REGRESSION, MainLoss, main_loss
from backprobe.signals.memo import once
from backprobe.signals.printed import printed_series
from backprobe.signals.target_network import has_target_network
from backprobe.signals.trend import Trend, trend_of

MINIMUM_STEPS = 10
"""Fewer steps say nothing about learning."""
WELL_EXPLAINED = 0.4
"""A network that takes away 40 % of the trivial loss demonstrably learns: `hurt` is 0 from here."""
UNKNOWN_BASELINE = 0.5
"""Discount of `hurt` for a loss that falls and whose trivial value is not known."""
UNKNOWN_LOSS = 0.25
"""The same for one of the script's own kind: how far it can fall is not known either, so that what
it lacks is no verdict."""
WELL_RIGHT = 0.9
"""Held-out accuracy from which a classifier works, whatever its loss."""
SKILLED = 0.5
"""Share of the rows beyond the commonest class's that an accuracy has to be of."""
WORTH = 0.02
"""Share of the trivial loss that is to be gained at least, for what is gained to be judged."""
REBOUND = 0.5
"""A loss that gives back half of its gain, beyond noise, is diverging."""

RAISED = 100.0
"""Times its beginning up to which a loss may rise with targets that the network makes itself."""

State = Literal["unknown", "short", "nonfinite", "diverged", "stuck", "learning", "learned"]


@dataclass(frozen=True)
class Progress:
    """Whether and how well a run learns.

    Arguments:
        state: unknown (no loss, or several that compete), short, nonfinite (NaN or infinite to the
            end), diverged, stuck (no fall beyond noise, or never below the trivial predictor),
            learning, learned (well below the trivial predictor).
        trend: the course of the loss, or None.
        baseline: loss of the trivial predictor, or None.
        explained: (baseline − last) / (baseline − least), or 1 − last / start where no baseline is
            known; NaN unknown.
        hurt: 0 to 1.
        steps: optimizer steps from the first to the last one with a loss.
        loss: the loss that was judged.
    """

    state: State
    trend: Trend | None = None
    baseline: float | None = None
    explained: float = math.nan
    hurt: float = 0.0
    steps: int = 0
    loss: Loss | None = None

    @property
    def healthy(self) -> bool:
        """Whether the run demonstrably learns."""
        return self.state == "learned"

    @property
    def failed(self) -> bool:
        """Whether the run demonstrably does not learn."""
        return self.state in ("nonfinite", "diverged", "stuck")

    @property
    def source(self) -> Source | None:
        """The line of the loss that was judged, where known."""
        return self.loss.source if self.loss else None

    def in_words(self) -> str:
        """One clause: what the loss did, against what."""
        if self.trend is None:
            return "no loss was seen"
        than = "" if self.baseline is None else f" (a constant answer: {self.baseline:.3g})"
        if self.state == "nonfinite":
            return f"the loss went from {self.trend.start:.3g} to NaN"
        return f"the loss went from {self.trend.start:.3g} to {self.trend.last:.3g}{than}"


@once
def progress(record: Record) -> Progress:
    """How well the run of a record learns."""
    main = main_loss(record)
    count = main.value.size
    steps = int(main.step[-1] - main.step[0]) + 1 if count else 0  # some pass unrecorded
    trend = trend_of(main.value)
    baseline = trivial_loss(main.loss)
    if count == 0 or (main.several and np.isfinite(main.value[-1:]).all()):
        return Progress("unknown", trend, None, steps=steps, loss=main.loss)
    tail = main.value[-max(1, min(5, count // 10)) :]
    if not np.isfinite(tail).any():
        return Progress("nonfinite", trend, baseline, math.nan, 1.0, steps, main.loss)
    assert trend is not None  # the tail has a finite value
    if count < MINIMUM_STEPS:
        return Progress("short", trend, baseline, steps=steps, loss=main.loss)
    explained = _explained(trend, baseline, least_loss(main.loss))
    if math.isnan(explained):  # a loss that may be negative says nothing about how good it is
        return Progress("unknown", trend, baseline, steps=steps, loss=main.loss)
    hurt = float(np.clip(1.0 - explained / WELL_EXPLAINED, 0.0, 1.0))
    if baseline is None and trend.fell:
        # What this loss can reach is not known, and it falls.
        own = main.loss is None or main.loss.kind in ("custom", "poisson_nll")
        hurt *= UNKNOWN_LOSS if own else UNKNOWN_BASELINE
    if _accuracy(record) >= WELL_RIGHT:
        hurt = 0.0
    state: State
    gain = trend.start - trend.best
    if (
        trend.last - trend.best > max(3 * trend.margin, REBOUND * gain)
        and hurt > 0.5
        and (trend.last > trend.start or trend.last > 2.0 * abs(trend.best))
    ):
        state, hurt = "diverged", 1.0
    elif hurt == 0.0:
        state = "learned"
    elif _beats(trend, baseline) if baseline is not None else trend.fell:
        state = "learning"
    else:
        state = "stuck"
    if state in ("diverged", "stuck") and baseline is None and _follows_itself(record, main, trend):
        return Progress("unknown", trend, None, steps=steps, loss=main.loss)
    return Progress(state, trend, baseline, explained, hurt, steps, main.loss)


def _follows_itself(record: Record, main: MainLoss, trend: Trend) -> bool:
    """Whether targets of a network's own copy raise its loss, within what they may."""
    regression = main.loss is not None and main.loss.kind in REGRESSION
    return regression and trend.last < RAISED * trend.start and has_target_network(record)


def _beats(trend: Trend, baseline: float) -> bool:
    """Whether the end is below the trivial predictor's loss by more than noise and two percent."""
    return baseline - trend.last > max(trend.last_error, 0.02 * baseline)


def _explained(trend: Trend, baseline: float | None, least: float) -> float:
    if baseline is not None and baseline > 1e-12:
        if baseline - least <= WORTH * baseline:
            return math.nan  # targets that differ so little leave nothing to be explained
        return (baseline - trend.last) / (baseline - least)
    if trend.start > 0.0 and trend.best > 0.0:
        return 1.0 - trend.last / trend.start
    return math.nan


def _accuracy(record: Record) -> float:
    """Held-out accuracy at the end: the one that we saw, else the one that the script tells.

    Of a class that most rows have, being right says little: 0 where it is of little else.
    """
    values = record.evaluations.numbers("accuracy")
    seen = [float(value) for value in values[np.isfinite(values)][-1:]]
    told = [
        float(values[-1])
        for (name, held), (_, values) in printed_series(record).items()
        if held and name in ("accuracy", "acc") and values.size
    ]
    usual = majority_share(record)
    if math.isnan(usual):
        return max(seen, default=0.0)
    skilled = [x for x in seen or told if x <= 1.0 and x - usual >= SKILLED * (1.0 - usual)]
    return max(skilled, default=0.0)

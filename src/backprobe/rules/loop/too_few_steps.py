# SPDX-License-Identifier: Apache-2.0
"""A training that was ended while it was still getting better."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS, at_most_warning, leaves_much, severity_of_mistake
from backprobe.rules.loop.remade import remade
from backprobe.rules.wording import at, figure, plural, unique
from backprobe.signals.generalisation import generalisation
from backprobe.signals.in_a_row import SEVERAL, trainings
from backprobe.signals.losses import main_loss
from backprobe.signals.progress import Progress, progress
from backprobe.signals.trend import Trend, trend_of


class TooFewSteps(AbstractRule):
    """The loss was still falling steadily when the few steps were over.

    ## What it looks for
    Few optimizer steps, a loss that has fallen and that falls at the end nearly as fast as on
    average, and that is still far from what the network could take away. Of more steps, or of a
    fall that is less steep: such a one where held-out rows show that what is learned is real and
    that much is left, and where no other cause is found. And passes over a loader that all end
    after as many batches, most of the data left, and are a few passes together, where much is left
    to learn (of one batch a pass: where the loss still falls, or where all of them are less than
    one pass and little was learned). Also models of one kind that follow each other, each made with
    fresh weights and an optimizer of its own at the same lines and given one pass over the same
    rows: the lines that make them are inside of the loop over the epochs. And an iterator of a
    loader that has ended and is looped over again and again: epochs without a batch.

    ## Why it matters
    Nothing else need be wrong: the same training, longer, gets further. Large batches and
    accumulation make few steps out of many epochs.

    ## Example
    `60 steps, and the loss still fell by 0.004 a step at the end (from 2.31 to 2.05; a constant
    answer: 2.3)`

    ## What to try
    - more epochs, or smaller batches: more steps an epoch
    - take out a `break` or a limit of batches that was put in for a test
    - `for batch in loader`, not over an `iter(loader)` that was made before the epochs
    - make the model and its optimizer once, before the loop
    - `scale-lr=10`: suits steps that move the weights too little

    ## When it is wrong
    Where the rate or the init is at fault: their findings rank above this one.

    ## References
    - Hoffer et al., "Train longer, generalize better", 1705.08741
    """

    name = "too-few-steps"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        steps: float = threshold(200, "optimizer steps", "small tasks here need 150 to 1,000")
        least: float = threshold(8, "optimizer steps", "fewer show no course")
        pace: float = threshold(
            0.3, "slope at the end / average slope", "an exponential that has ended: below 0.1"
        )

        pace_learned: float = threshold(0.6, "the same", "stopped in the middle of the fall")
        real: float = threshold(0.2, "held-out skill", "0: a constant answer, 1: all right")
        unsure: float = threshold(0.5, "held-out skill above the share explained", "right, unsure")
        goes_on: float = threshold(0.1, "fall of a third more steps / last loss", "no flat end")
        well: float = threshold(0.8, "share of the trivial loss taken away", "near its end")
        cut: float = threshold(0.5, "batches drawn / batches", "most of the data is left out")
        passes: float = threshold(5.0, "passes over the data", "a limit that is meant has more")
        passes_of_one: float = threshold(10.0, "passes, one batch each", "a few dozen are many")
        ahead: float = threshold(0.2, "fall of a third more steps / last loss", "worth going on")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        cut = self._exhausted(record) or self._cut(record) or self._remade(record)
        if cut is not None:
            return [cut]
        if trainings(record) >= SEVERAL:
            return []  # of a search, or of tasks that are learned anew, no curve is one training's
        state = progress(record)
        trend = state.trend or trend_of(main_loss(record).value)
        if trend is None or state.state in ("unknown", "nonfinite", "diverged"):
            return []
        if not trend.fell or not -trend.slope > 3.0 * trend.slope_error:
            return []
        if state.steps > self.limits.steps:
            return self._unfinished(record, state, trend)
        if state.steps < self.limits.least:
            return []
        pace, ahead = _course(trend)
        harmed = state.hurt >= HURTS
        stopped = state.explained < self.limits.well and ahead >= self.limits.ahead
        falls = pace >= (self.limits.pace if harmed else self.limits.pace_learned)
        if not falls or not (harmed or stopped):
            return self._unfinished(record, state, trend)  # what tells of many steps tells of few
        fall = -trend.slope * trend.count / state.steps  # some steps pass unrecorded
        source = record.optimizers[0].step_source if record.optimizers else None
        return [
            Finding(
                rule=self.name,
                severity="warning" if harmed or leaves_much(record) else "note",
                confidence=confidence(
                    0.45,
                    0.85,
                    beyond(state.steps, self.limits.steps, self.limits.least),
                    between(pace, self.limits.pace, 1.0),
                ),
                message=(
                    f"only {state.steps} steps{at(source)}, and the loss still fell by "
                    f"{figure(fall)} a step at the end; {state.in_words()}"
                ),
                source=source,
                steps=whole_run(record),
                evidence={"steps": state.steps, "pace": pace, "slope": trend.slope},
                treatments=("train-longer=3", "scale-lr=10"),
            )
        ]

    def _unfinished(self, record: Record, state: Progress, trend: Trend) -> list[Finding]:
        """A fall that goes on, of a network that nothing else is wrong with."""
        pace, ahead = _course(trend)
        held = generalisation(record).held
        if state.state == "stuck" or state.baseline is None or not leaves_much(record):
            return []
        falls = pace >= self.limits.pace_learned and ahead >= self.limits.goes_on
        # Rows are told right before the loss shows it: the answers are unsure.
        unsure = state.hurt >= HURTS and held - state.explained >= self.limits.unsure
        if not held >= self.limits.real or state.explained >= self.limits.well:
            return []
        if not (falls or (unsure and trend.still_falling)):
            return []
        source = record.optimizers[0].step_source if record.optimizers else None
        fall = -trend.slope * trend.count / state.steps
        few = state.steps <= self.limits.steps
        by = f"{figure(fall)} a step" if few else f"{figure(1000.0 * fall)} in a thousand steps"
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(0.45, 0.75, between(pace, self.limits.pace, 1.0)),
                message=(
                    f"the training ends after {state.steps:,} steps{at(source)} while the loss "
                    f"falls by {by}; {state.in_words()}; held-out rows show that what it learns "
                    "is real, and nothing else holds it back"
                ),
                source=source,
                steps=whole_run(record),
                evidence={
                    "steps": state.steps,
                    "pace": pace,
                    "slope": trend.slope,
                    "by_exclusion": True,
                },
                treatments=("train-longer=3", "scale-lr=10"),
            )
        ]

    def _cut(self, record: Record) -> Finding | None:
        """Passes that all end after a few batches, and together are few over the data."""
        used = set(self._training_loaders(record))
        state = progress(record)
        for event in record.named("loader-cut"):
            drawn, length = int(event.data["drawn"]), int(event.data["batches"])
            if float(event.data["index"]) not in used or drawn > self.limits.cut * length:
                continue
            most = self.limits.passes if drawn > 1 else self.limits.passes_of_one
            if state.steps > most * length or not leaves_much(record):
                continue
            # One batch of each new iterator is also a way to draw them.
            if drawn == 1 and not (self._goes_on(state) or _not_one_pass(state, length)):
                continue
            source = record.optimizers[0].step_source if record.optimizers else None
            return Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(0.6, 0.9, beyond(drawn / length, self.limits.cut, 0.05)),
                message=(
                    f"each pass over the training data ends after {drawn} of its {length} batches"
                    f"{' (a limit of batches, or `next(iter(loader))`?)' if drawn == 1 else ''}: "
                    f"{state.steps} steps{at(source)} are {figure(state.steps / length)} passes "
                    f"over all of it; {state.in_words()}"
                ),
                source=source,
                steps=whole_run(record),
                evidence={"drawn": drawn, "batches": length, "steps": state.steps},
                treatments=("train-longer=3",),
            )
        return None

    def _training_loaders(self, record: Record) -> list[float]:
        """Numbers of the loaders of training batches."""
        training = record.batches.numbers("evaluation") == 0.0
        return [float(x) for x in record.batches.numbers("loader")[training]]

    def _exhausted(self, record: Record) -> Finding | None:
        """Epochs over an iterator that the first of them has used up."""
        used = set(self._training_loaders(record))
        told = [x for x in record.named("loader-exhausted") if float(x.data["index"]) in used]
        times = record.steps.numbers("time")
        if not told or not times.size or float(times[-1]) > told[0].time:
            return None  # something was trained on later
        state, passes = progress(record), int(told[-1].data["passes"])
        source = record.optimizers[0].step_source if record.optimizers else None
        harmed = state.hurt >= HURTS or leaves_much(record)
        return Finding(
            rule=self.name,
            severity="warning" if harmed else "note",
            confidence=confidence(0.7, 0.95, between(passes, 3, 10)),
            message=(
                f"after {plural(state.steps, 'step')}{at(source)} the iterator over the training "
                f"data had ended, and was looped over {passes} times more, at least, without a "
                "batch: those epochs train nothing (an `iter(loader)` made before the epochs? loop "
                f"over the loader itself); {state.in_words()}"
            ),
            source=source,
            steps=whole_run(record),
            evidence={"passes": passes, "steps": state.steps},
        )

    def _remade(self, record: Record) -> Finding | None:
        """Each pass trains another model."""
        found = remade(record)
        if found is None:
            return None
        state, severity = progress(record), severity_of_mistake(record)
        source = found.module.source
        return Finding(
            rule=self.name,
            severity=at_most_warning(severity),
            confidence=confidence(0.6, 0.92, between(found.count, 3, 10), state.hurt),
            message=(
                f"a new model{at(source)} is made for each pass over the data, {found.count} in "
                f"all: each has {plural(found.steps, 'step')}, and what the one before it had "
                f"learned is thrown away; {state.in_words()}"
            ),
            where=unique(x.name for x in found.layers),
            source=source,
            steps=whole_run(record),
            evidence={"models": found.count, "steps": found.steps},
        )

    def _goes_on(self, state: Progress) -> bool:
        """Whether the loss still falls at the end, far from where it could end."""
        trend = state.trend
        if trend is None or not trend.fell or not trend.still_falling:
            return False
        return state.explained < self.limits.well and _course(trend)[1] >= self.limits.goes_on


def _not_one_pass(state: Progress, length: int) -> bool:
    """Whether a run that learned too little has not seen the data once, however it is drawn."""
    return state.steps < length and state.state == "learning" and state.hurt >= HURTS


def _course(trend: Trend) -> tuple[float, float]:
    """The slope at the end over the average one, and what a third more steps would take off.

    The latter as a share of what is left, at the slope of the end.
    """
    ahead = -trend.slope * trend.count / 3.0 / abs(trend.last) if trend.last else 0.0
    return trend.pace, ahead

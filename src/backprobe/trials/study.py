# SPDX-License-Identifier: Apache-2.0
"""A grid of treatments over one script: every combination, over seeds, and what each factor does.

Main effects are paired: for each seed, the mean over all cells with a level minus that over the
same cells with the factor's first level. An interaction is the difference of two such differences.
Intervals are Student's, at 95 %, over the seeds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from backprobe.records import Run
from backprobe.trials.curves import Curve, band, curve
from backprobe.trials.executor import Executor
from backprobe.trials.fingerprint import fingerprint
from backprobe.trials.launch import Task
from backprobe.trials.nouns import Arm, Outcome, Trial
from backprobe.trials.outcome import choose
from backprobe.trials.verdict import interval

Factors = Mapping[str, tuple[str, ...]]
"""Name of a treatment → its levels, as strings after `--treat`; the first is the reference."""


@dataclass(frozen=True)
class Effect:
    """What one level, or two together, do to the outcome; in its own units, more is more.

    Arguments:
        levels: the level, or the two whose interaction this is.
        against: the reference level of each.
        effect: mean over seeds.
        interval: 95 % interval, None for one seed.
    """

    levels: tuple[str, ...]
    against: tuple[str, ...]
    effect: float
    interval: tuple[float, float] | None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out; seeds that come out equal by chance have none."""
        if self.interval is None or self.interval[0] == self.interval[1]:
            return False
        return not self.interval[0] <= 0 <= self.interval[1]


@dataclass
class Study:
    """All cells of a grid.

    Arguments:
        run: whose command it is.
        factors: what was varied.
        seeds: numbers of the seeds.
        outcome: what the cells are compared by, None where there is nothing.
        cells: levels → trials, one a seed.
        target: training loss that the cells' speed is told by; None takes the reference's end.
    """

    run: Run
    factors: Factors
    seeds: tuple[int, ...]
    outcome: Outcome | None = None
    cells: dict[tuple[str, ...], list[Trial]] = field(default_factory=dict)
    target: float | None = None
    _curves: dict[tuple[str, ...], list[Curve]] = field(default_factory=dict, repr=False)

    def curves(self, cell: tuple[str, ...]) -> list[Curve]:
        """The learning curves of a cell, one a seed."""
        if cell not in self._curves:
            self._curves[cell] = [curve(trial.run) for trial in self.cells[cell]]
        return self._curves[cell]

    @property
    def goal(self) -> float:
        """The training loss to be reached: the reference's end at its worst seed; NaN unknown."""
        if self.target is not None:
            return self.target
        found = band(self.curves(next(iter(self.cells))))
        return found.ends[1] if found is not None else math.nan

    def steps_to_goal(self, cell: tuple[str, ...]) -> float:
        """Median step at which a cell reaches the goal; infinite where half of the seeds don't."""
        found = sorted(one.reached(self.goal) for one in self.curves(cell))
        return found[len(found) // 2] if found else math.inf

    @property
    def best(self) -> tuple[str, ...] | None:
        """The cell with the best mean; None where nobody knows which end is better."""
        if self.outcome is None or self.outcome.higher is None:
            return None
        sign = 1.0 if self.outcome.higher else -1.0
        means = {cell: sign * sum(self.values(cell)) / len(self.seeds) for cell in self.cells}
        sound = {cell: mean for cell, mean in means.items() if math.isfinite(mean)}
        return max(sound, key=lambda cell: sound[cell]) if sound else None

    def values(self, cell: tuple[str, ...]) -> list[float]:
        """The outcome of a cell, one a seed; NaN where a trial failed."""
        assert self.outcome is not None
        return [trial.values.get(self.outcome, math.nan) for trial in self.cells[cell]]

    def effects(self) -> list[Effect]:
        """Main effects of every level but the first, then interactions of every two factors."""
        names = list(self.factors)
        found = [
            self._effect({position: level})
            for position, name in enumerate(names)
            for level in self.factors[name][1:]
        ]
        for first, second in itertools.combinations(range(len(names)), 2):
            found += [
                self._effect({first: one, second: other})
                for one in self.factors[names[first]][1:]
                for other in self.factors[names[second]][1:]
            ]
        return found

    def _effect(self, changed: Mapping[int, str]) -> Effect:
        reference = {position: list(self.factors.values())[position][0] for position in changed}
        differences = [0.0] * len(self.seeds)
        for which in itertools.product((True, False), repeat=len(changed)):
            sign = 1.0 if (len(which) - sum(which)) % 2 == 0 else -1.0
            wanted = {
                position: changed[position] if changes else reference[position]
                for position, changes in zip(changed, which, strict=True)
            }
            for number, value in enumerate(self._mean(wanted)):
                differences[number] += sign * value
        mean, half = interval(differences)
        bounds = None if math.isinf(half) else (mean - half, mean + half)
        return Effect(tuple(changed.values()), tuple(reference.values()), mean, bounds)

    def _mean(self, wanted: Mapping[int, str]) -> list[float]:
        """For each seed, the mean over the cells with these levels."""
        chosen = [
            self.values(cell)
            for cell in self.cells
            if all(cell[position] == level for position, level in wanted.items())
        ]
        return [sum(column) / len(chosen) for column in zip(*chosen, strict=True)]


def study(
    run: Run,
    factors: Factors,
    pool: Executor,
    seeds: Sequence[int],
    steps: int | None,
    tell: Callable[[Trial], None] = lambda _: None,
) -> Study:
    """Runs every cell of the grid over the seeds.

    A level that finds nothing to change (`dropout=off` where there is none) is the script as it is.

    Arguments:
        run: whose command is run again.
        factors: what is varied.
        pool: that runs the trials.
        seeds: their numbers.
        steps: bound of each trial, None to run whole.
        tell: called with each trial that ended.
    """
    found = Study(run, factors, tuple(seeds))
    source = fingerprint(run)
    cells = list(itertools.product(*factors.values()))
    tasks = [
        Task(run, Arm(cell, "study"), seed, steps, source, lenient=True)
        for seed in seeds
        for cell in cells
    ]
    trials = pool.run(tasks, tell)
    for position, cell in enumerate(cells):
        found.cells[cell] = trials[position :: len(cells)]
    sound = [trial for trial in trials if not trial.failure]
    texts = tuple(text for levels in factors.values() for text in levels)
    found.outcome = choose(sound, texts) if sound else None
    return found

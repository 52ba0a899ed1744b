# SPDX-License-Identifier: Apache-2.0
"""Forwards with gradients, in training mode, that no backward follows: an evaluation all the same.

Nothing tells it from a training forward while it runs. It shows where each backward so far followed
exactly one forward of each network that takes part: of several before the next backward all but the
last were not trained on, and neither were those after the last step of a script that ended by
itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from backprobe.probe.evaluation import Phase

ALONE = 10
"""Backward passes, each after one forward, that make it the habit of the loop."""
SELDOM = 0.2
"""Of those, at most so many may come after several forwards: once an epoch, not now and then."""

Roots = int | frozenset[int]
"""The `id` of the one root, or those of several."""


@dataclass
class Count:
    """Forwards of one root since the last backward.

    Arguments:
        forwards: how many.
        rows: of their batches, in all.
        last: rows of the last one.
        training: whether the last one's dropout or batch norm was in training mode.
    """

    forwards: int = 0
    rows: int = 0
    last: int = 0
    training: bool = False


@dataclass
class Habit:
    """Backward passes of which the same roots ran before: after one forward of each, or more."""

    alone: int = 0
    several: int = 0

    def holds(self) -> bool:
        """Whether one forward of each root, and then a backward, is what the loop does."""
        return self.alone >= ALONE and self.several <= SELDOM * self.alone


@dataclass
class Unused:
    """Counts root forwards between backward passes.

    Arguments:
        forwards: of any root since the last backward, as far as hooks were in place.
        sampled: whether two in a row were given the same rows.
    """

    forwards: int = 0
    sampled: bool = False
    _input: object = None
    _last: int = 0
    _counts: dict[int, Count] = field(default_factory=dict)
    _habits: dict[Roots, Habit] = field(default_factory=dict)

    def ran(self, root: int) -> bool:
        """Whether that root ran since the last backward."""
        return root in self._counts

    def forward(self, rows: int, training: bool, given: object = None, root: int = 0) -> None:
        """Counts a root's forward with gradients.

        Arguments:
            rows: of its batch.
            training: whether its dropout or batch norm was in training mode.
            given: what tells its input from another one, None where that is not known.
            root: the module's `id`.
        """
        # The same rows again and again are sampled from (dropout as a Bayesian estimate).
        self.sampled = self.sampled or (
            given is not None and given == self._input and root == self._last
        )
        self._input = given
        self._last = root
        self.forwards += 1
        count = self._counts.get(root)
        if count is None:
            count = self._counts[root] = Count()
        count.forwards += 1
        count.rows += rows
        count.last = rows
        count.training = training

    def alone(self, root: int, times: int) -> None:
        """Counts forwards of a root, each with the backward that follows it."""
        self._last = root
        self._habit(root).alone += times
        self._forget()

    def after_one(self) -> None:
        """Counts a backward that follows one forward."""
        self._habit(self._last).alone += 1
        self._forget()

    def backward(self, step: int) -> Phase | None:
        """Counts a backward; the evaluation that took place before it, if one did."""
        if not self.forwards:
            return None
        if self.forwards == 1:
            self.after_one()
            return None
        trained = self._trained()
        alone = not isinstance(trained, int) and self.forwards == len(self._counts)
        found = None if alone else self._phase(step, trained, used=1)
        if not isinstance(trained, int):
            habit = self._habit(trained)
            habit.alone += alone
            habit.several += not alone
        for root, count in self._counts.items():
            self._habit(root).several += count.forwards > 1
        self._forget()
        return found

    def end(self, step: int) -> Phase | None:
        """The evaluation that took place after the last backward, if one did."""
        found = self._phase(step, self._trained(), used=0) if self.forwards else None
        self._forget()
        return found

    def _habit(self, roots: Roots) -> Habit:
        habit = self._habits.get(roots)
        if habit is None:
            habit = self._habits[roots] = Habit()
        return habit

    def _trained(self) -> Roots:
        """The roots of the loss: the last one alone where that is its habit, else all that ran.

        Of two networks with a loss each, both evaluated before either goes on, only one takes part
        in the next backward.
        """
        if len(self._counts) == 1 or self._habit(self._last).holds():
            return self._last
        return frozenset(self._counts)

    def _forget(self) -> None:
        self.forwards = 0
        self._counts.clear()
        self.sampled, self._input = False, None

    def _phase(self, step: int, trained: Roots, used: int) -> Phase | None:
        """The forwards of the roots that were trained, but for the last `used` of each.

        Where one of them ran more often than another they are parts of a step (a discriminator's
        two batches a step, a generator's pictures).
        """
        habit = self._habits.get(trained)
        roots = (trained,) if isinstance(trained, int) else tuple(trained)
        counts = [self._counts[root] for root in roots]
        forwards = counts[0].forwards
        if (
            self.sampled
            or forwards == used
            or any(c.forwards != forwards for c in counts)
            or habit is None
            or not habit.holds()
        ):
            return None
        return Phase(
            step,
            batches=forwards - used,
            rows=counts[0].rows - used * counts[0].last,
            training=any(c.training for c in counts),
        )

# SPDX-License-Identifier: Apache-2.0
"""Forwards with gradients, in training mode, that no backward follows: an evaluation all the same.

Nothing tells it from a training forward while it runs. It shows where each backward so far followed
exactly one forward: of several before the next backward all but the last were not trained on, and
neither were those after the last step of a script that ended by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.probe.evaluation import Phase

ALONE = 10
"""Backward passes, each after one forward, that make it the habit of the loop."""
SELDOM = 0.2
"""Of those, at most so many may come after several forwards: once an epoch, not now and then."""


@dataclass
class Unused:
    """Counts root forwards between backward passes.

    Arguments:
        forwards: since the last backward, as far as hooks were in place.
        rows: of their batches, in all.
        last: rows of the last one.
        training: whether the last one's dropout or batch norm was in training mode.
        sampled: whether two in a row were given the same rows.
        alone: backward passes after one forward.
        several: after more.
    """

    forwards: int = 0
    rows: int = 0
    last: int = 0
    training: bool = False
    alone: int = 0
    several: int = 0
    sampled: bool = False
    _input: object = None

    def forward(self, rows: int, training: bool, given: object = None) -> None:
        """Counts a root's forward with gradients.

        Arguments:
            rows: of its batch.
            training: whether its dropout or batch norm was in training mode.
            given: what tells its input from another one, None where that is not known.
        """
        # The same rows again and again are sampled from (dropout as a Bayesian estimate).
        self.sampled = self.sampled or (given is not None and given == self._input)
        self._input = given
        self.forwards += 1
        self.rows += rows
        self.last = rows
        self.training = training

    def backward(self, step: int) -> Phase | None:
        """Counts a backward; the evaluation that took place before it, if one did."""
        found = None
        if self.forwards == 1:
            self.alone += 1
        elif self.forwards > 1:
            found = self._phase(step, self.forwards - 1, self.rows - self.last)
            self.several += 1
        self._forget()
        return found

    def end(self, step: int) -> Phase | None:
        """The evaluation that took place after the last backward, if one did."""
        found = self._phase(step, self.forwards, self.rows) if self.forwards else None
        self._forget()
        return found

    def _forget(self) -> None:
        self.forwards = self.rows = 0
        self.sampled, self._input = False, None

    def _phase(self, step: int, count: int, rows: int) -> Phase | None:
        if self.sampled or self.alone < ALONE or self.several > SELDOM * self.alone:
            return None
        return Phase(step, batches=count, rows=rows, training=self.training)

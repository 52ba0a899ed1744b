# SPDX-License-Identifier: Apache-2.0
"""Lines that ask a network something at nearly every step: a policy, a target network, an average.

An evaluation wakes the module hooks, which are off in a step that is not observed. Where a line
does so at every step they would never be off. So the questions of such a line are passed over but
for as many as the budget allows, and those that were are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from types import CodeType
from typing import Any

from backprobe.probe.budget import HIDDEN, Budget

LEAST = 64
"""Steps at which a line is looked at whatever it takes: evaluations of a short run are all seen."""
OFTEN = 0.5
"""Of the steps since the first, those at which a line asks that is passed over."""
SHARE = 0.5
"""Of the budget, what questions of such lines may take."""


@dataclass
class Line:
    """One line of the script that turns gradients off, or evaluation mode on.

    Arguments:
        code: that it is in; kept so that its `id` stays its own.
        first, last: steps of the first and the last question that was looked at.
        steps, entries: at which it asked, and questions that were looked at.
        looked: steps of those.
        over: questions that were passed over since the last one that was not.
        phases: evaluations that they were, and not a part of the training (a target network's).
        often: whether it asks at nearly every step.
        inside: whether it lies in a network's own forward, where no hook is put in place.
        roots: numbers of the networks that it asks.
    """

    code: CodeType
    first: int
    last: int = -1
    steps: int = 0
    entries: int = 0
    looked: int = 0
    over: int = 0
    phases: int = 0
    often: bool = False
    inside: bool = False
    roots: set[int] = field(default_factory=set)


class Asked:
    """Decides which questions are looked at.

    Arguments:
        budget: that they have a part of.

    `hooked`: whether module hooks are in place; `count`: told the number of a network, and at how
    many steps it was asked unseen; `unseen`: evaluations since the last that was seen.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.count: Callable[[int, int], Any] = _nothing
        self._lines: dict[tuple[int, int], Line] = {}
        self._line: Line | None = None
        self._looked = 0.0
        self._cost = 0.0
        self._before: float | None = None
        self.unseen = 0
        self.hooked = False

    def passes(self, code: CodeType, at: int) -> bool:
        """Whether a question in a step that is not observed is passed over.

        Arguments:
            code, at: the instruction that asks.
        """
        found = self._lines.get((id(code), at))
        if found is None or self.hooked:
            return False
        if found.inside:
            found.over += 1
            return found.over % LEAST != 0
        if not found.often or self._before is not None:
            return False
        share = self._budget.share  # where only the first steps are observed, evaluations all are
        if share is None or self._budget.only is not None:
            return False
        if (perf_counter() - self._looked) * share * SHARE >= self._cost:
            return False
        found.over += 1
        return True

    def looks(self, code: CodeType, at: int, step: int, woken: bool) -> None:
        """Notes a question that is looked at.

        Arguments:
            code, at: the instruction that asks.
            step: optimizer steps done.
            woken: whether the hooks were put in place for it.
        """
        found = self._lines.get((id(code), at))
        if found is None:
            found = self._lines[(id(code), at)] = Line(code, step)
        if found.inside:  # it is called from outside of a forward too
            found.inside, found.over = False, 0
        if step != found.last:
            self._passed(found, step)
            found.steps += 1
            found.looked += 1
            found.last = step
        found.entries += 1
        found.often = found.steps >= LEAST and found.steps >= OFTEN * (step - found.first + 1)
        self._line = found
        if woken and self._before is None:
            self._before, self._looked = self._budget.spent, perf_counter()

    def inside(self, code: CodeType, at: int, step: int) -> None:
        """Notes a question that a network asks in its own forward.

        Arguments:
            code, at: the instruction that asks.
            step: optimizer steps done.
        """
        self._lines.setdefault((id(code), at), Line(code, step)).inside = True

    @property
    def line(self) -> Line | None:
        """That asks, where one does."""
        return self._line

    def root(self, index: int) -> None:
        """A network runs without gradients."""
        if self._line is not None:
            self._line.roots.add(index)

    def kept(self, line: Line | None) -> int:
        """An evaluation has ended that this line began; how many were passed over before it."""
        unseen, self.unseen = self.unseen, 0
        if line is not None:
            line.phases += 1
        return unseen

    def over(self) -> None:
        """The step ends, or the evaluation does: what follows is of no line's question."""
        self._line = None
        if self._before is not None:
            self._cost = (1.0 + HIDDEN) * (self._budget.spent - self._before)
            self._before = None

    def finish(self, step: int) -> None:
        """Counts what was passed over at the end of a run."""
        for line in self._lines.values():
            self._passed(line, step)

    def _passed(self, line: Line, step: int) -> None:
        if not line.over or line.inside:
            return
        steps = min(step - line.last - 1, round(line.over * line.looked / line.entries))
        self.unseen += round(line.over * min(1.0, line.phases / line.entries))
        line.over = 0
        if steps > 0:
            line.steps += steps
            for root in line.roots:
                self.count(root, steps)


def _nothing(_: int, __: int) -> None:
    """Nobody counts."""


current: Asked | None = None
"""Of the probe that is attached."""

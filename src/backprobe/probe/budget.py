# SPDX-License-Identifier: Apache-2.0
"""Decides which steps are observed in full, so that watching stays within its share of the time."""

from __future__ import annotations

from time import perf_counter

DENSE = 10
"""First steps that are always observed: an init can only be judged there."""
BURST = 5
"""Steps observed in full after an anomaly."""
MOST_PASSED = 16
"""Steps in a row of which not even the loss is recorded, at most."""
ALWAYS_TOLD = 2000
"""First steps whose loss is always recorded: a short run is seen whole, and costs little anyway."""
HIDDEN = 0.4
"""What an observed step costs beside the part that is timed, as a share of that part: torch's way
of calling hooks, and caches that the network finds colder (measured on two small networks)."""
MOST_SAVED = 0.1
"""Share of its time that an aligned budget may leave unspent before it observes twice as often."""
GROWTH = 1.15
"""After the dense start a step is observed at least whenever the count has grown so much: about 16
observations for each tenfold of steps, so that a short run is seen to its end too."""

NEVER = float(1 << 60)
"""A step that no training reaches; compiled code takes it for an integer."""


class Budget:
    """A token bucket: a step is observed while what was spent is within the allowed share.

    The dense start and what is set up in it are not held against later steps, but `cost` counts
    them.

    Where several ranks train together each decides by its own clock, and asks nobody. So that they
    observe the same steps all the same, each observes every 2^k-th and only its k is its own: the
    steps of the rank with the largest k are observed by all.

    Arguments:
        share: of the elapsed time, e.g. 0.02; None observes every step.
        aligned: whether this process is one of several ranks.
        only: steps that are observed, the first, and none after them; None has no such end.

    `spent` is what watching has cost the training thread, in seconds, and `background` what the
    flush thread has added to it since the last observed step; `paid` was spent by the end of the
    dense start, which was at `since`. A step is observed for certain where the count has reached
    `sure`, or `burst` steps are still wanted.
    """

    def __init__(self, share: float | None, aligned: bool = False, only: int | None = None) -> None:
        self.share = share if only is None else 0.0
        self.only = only
        self.aligned = aligned
        self._stride = 1
        self._asked = 0
        self.spent = 0.0
        self.started: float | None = None
        self.observed = 0
        self.steps = 0
        self.background = 0.0
        self.burst = 0
        self.sure = DENSE * GROWTH if only is None else NEVER
        self.paid, self.since = 0.0, 0.0
        self._expected = 0
        self._watching = False
        self._before = 0.0
        self._paused: float | None = None

    def start(self) -> None:
        """Begins the clock at the first forward."""
        if self.started is None:
            self.started = perf_counter()

    def pause(self) -> None:
        """Stops the clock: nothing is watched for a while, and that time earns no share."""
        if self._paused is None:
            self._paused = perf_counter()

    def go_on(self) -> None:
        """Lets it run again."""
        if self._paused is not None:
            passed, self._paused = perf_counter() - self._paused, None
            self.since += passed
            if self.started is not None:
                self.started += passed

    def elapsed(self) -> float:
        """Seconds since the first forward, but for those in which nothing was watched."""
        now = perf_counter() if self._paused is None else self._paused
        return 0.0 if self.started is None else now - self.started

    def anomaly(self) -> None:
        """Asks for the next steps in full."""
        self.burst = BURST if self.only is None else 0

    def expect(self, steps: int) -> None:
        """Has a step observed for certain, so many after the present one."""
        if self.only is None and not self.aligned:
            self._expected = self.steps + steps
            self.sure = min(self.sure, self._expected)

    def next(self) -> bool:
        """Whether the step that begins now is observed."""
        now = perf_counter()
        late, self.background = self.background, 0.0
        if self._watching:
            self.spent += HIDDEN * (self.spent - self._before)
        self.spent += late
        if self.steps == DENSE:
            self.paid, self.since = self.spent, now
        wanted = self.wants(now)
        self.steps += 1
        if self.steps >= self.sure:
            self.sure = self.steps * GROWTH
            if self._expected > self.steps:
                self.sure = min(self.sure, self._expected)
        self.burst = max(0, self.burst - 1)
        self.observed += wanted
        self._watching, self._before = wanted, self.spent
        return wanted

    def observed_too(self, steps: int, seconds: float) -> None:
        """Counts steps that were observed without asking.

        Arguments:
            steps: how many.
            seconds: that it took.
        """
        self.spent += seconds
        self.observed += steps
        self.steps += steps
        if self.steps >= self.sure:
            self.sure = self.steps * GROWTH
            if self._expected > self.steps:
                self.sure = min(self.sure, self._expected)
        self.burst = max(0, self.burst - steps)

    def wants(self, now: float) -> bool:
        """Whether the step after this one is to be observed.

        Arguments:
            now: of `perf_counter`.
        """
        if self.only is not None:
            return self.steps < self.only
        if (
            self.share is None
            or self.steps < DENSE
            or self.burst > 0
            or self.steps + 1 >= self.sure
        ):
            return True
        left = self.share * (now - self.since) - (self.spent - self.paid)
        return self._turn(self.steps + 1, left) if self.aligned else left >= 0

    def _turn(self, step: int, left: float) -> bool:
        """Whether it is the turn of a step, one in 2^k; k follows from the seconds left."""
        if step % self._stride:
            return False
        if step != self._asked:  # may be asked again
            self._asked = step
            if left < 0:
                self._stride *= 2
            elif self._stride > 1 and left > MOST_SAVED * (self.spent + left):
                self._stride //= 2
        return step % self._stride == 0

    def passes(self, cost: float, taken: float) -> int:
        """Steps to let pass unrecorded, so that the rows of steps alone stay within half the share.

        Arguments:
            cost: seconds that the row of a step costs.
            taken: seconds that the step took.
        """
        allowed = 0.0 if self.share is None else self.share / 2 * taken
        if self.share is None or self.aligned or self.steps < ALWAYS_TOLD or cost <= allowed:
            return 0
        return min(MOST_PASSED, int(cost / allowed)) if allowed > 0 else 0

    def cost(self) -> dict[str, float]:
        """Seconds spent, seconds elapsed, and the share; steps observed of steps seen."""
        elapsed, spent = self.elapsed(), self.spent + self.background
        return {
            "seconds": spent,
            "elapsed": elapsed,
            "share": spent / elapsed if elapsed else 0.0,
            "observed": self.observed,
            "steps": self.steps,
        }

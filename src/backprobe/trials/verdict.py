# SPDX-License-Identifier: Apache-2.0
"""What a treatment did, from paired values over seeds.

The seeds pair control and treated, so the differences hold what the treatment did. The interval is
Student's. `helps` needs all of: the interval above zero, a mean of a size that matters
(`RELEVANT`, `RELEVANT_SHARE`), and an outcome of evaluation whose better end is known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from backprobe.signals import metric_names as metrics
from backprobe.trials.nouns import Outcome, Verdict, Word

ONCE, FIRST, SECOND = 0.05, 0.03, 0.02
"""Two-sided error of a verdict that is looked at once; of the first and of the second look where
more seeds may follow: by Bonferroni both together err no more often than one look does."""
QUANTILES: Mapping[float, tuple[float, ...]] = {
    ONCE: (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179),
    FIRST: (21.205, 5.643, 3.896, 3.298, 3.003, 2.829, 2.715, 2.634, 2.574, 2.527, 2.491, 2.461),
    SECOND: (31.821, 6.965, 4.541, 3.747, 3.365, 3.143, 2.998, 2.896, 2.821, 2.764, 2.718, 2.681),
}
"""Quantiles of Student's t for 1, 2, … degrees of freedom (any table); with more, the last."""
EXPLAINED = frozenset({"r2", "r²"})
"""Shares of explained variance: without a lower end, so 1 minus it is judged, as an error."""
RELEVANT = 0.01
"""Of a metric whose range is at most 1 wide: a hundredth of it, about the noise of a test set."""
RELEVANT_SHARE = 0.03
"""Of an error or another amount: 3 % of the control's."""
SIZE = "the difference is smaller than matters"


def judge(
    outcome: Outcome,
    control: Sequence[float],
    treated: Sequence[float],
    asked: int | None = None,
    error: float = ONCE,
) -> Verdict:
    """The verdict over paired values.

    Arguments:
        outcome: what the values are.
        control: of the control, one a seed.
        treated: of the treated, of the same seeds in the same order.
        asked: number of seeds that were planned; fewer values mean that the arm was given up.
        error: two-sided, one of those in `QUANTILES`.
    """
    pair = {"control": tuple(control), "treated": tuple(treated), "outcome": outcome}
    if outcome.higher is None:
        reason = f"nobody knows whether more {outcome.name} is better"
        return Verdict("not applicable", reason, **pair)  # type: ignore[arg-type]
    relative = _relative(outcome, [*control, *treated])
    unit = "relative" if relative else "absolute"
    finite_c = [math.isfinite(value) for value in control]
    finite_t = [math.isfinite(value) for value in treated]
    if not all(finite_t):
        if any(c and not t for c, t in zip(finite_c, finite_t, strict=True)):
            return Verdict("harms", "it ends in NaN or infinity", unit=unit, **pair)  # type: ignore[arg-type]
        return Verdict("no effect", "neither gives a number", unit=unit, **pair)  # type: ignore[arg-type]
    if not any(finite_c):
        if len(treated) < 2:
            return Verdict("no effect", "one seed tells nothing", unit=unit, **pair)  # type: ignore[arg-type]
        better = outcome.higher is False or min(treated) > _trivial(outcome)
        reason = "the control ends in NaN or infinity, this one does not"
        return Verdict("helps" if better else "no effect", reason, unit=unit, **pair)  # type: ignore[arg-type]
    sign = 1.0 if outcome.higher else -1.0
    control = counted(outcome, control)
    if relative:
        errors = [(_error(outcome, c), _error(outcome, t)) for c, t in zip(control, treated)]  # noqa: B905
        differences = [math.log(c / t) for c, t in errors]
    else:
        differences = [sign * (t - c) for c, t in zip(control, treated, strict=True)]
    mean, half = interval(differences, error)
    effect, low, high = mean, mean - half, mean + half
    if relative:
        effect, low, high = (1.0 - math.exp(-value) for value in (mean, low, high))
    least = _least(outcome, control, relative)
    word: Word = "no effect"
    reason = ""
    if asked is not None and len(treated) < asked:
        where = "there" if len(treated) == 1 else "at all of them"
        reason = f"given up after {len(treated)} of {asked} seeds: not better {where}"
    elif math.isinf(half):
        reason = "one seed tells nothing of the noise"
    elif low > 0:
        word, reason = ("helps", "") if effect >= least else ("no effect", SIZE)
    elif high < 0:
        word, reason = ("harms", "") if -effect >= least else ("no effect", SIZE)
    bounds = None if math.isinf(half) else (low, high)
    return Verdict(word, reason, effect=effect, interval=bounds, unit=unit, **pair)  # type: ignore[arg-type]


def counted(outcome: Outcome, control: Sequence[float]) -> Sequence[float]:
    """The control's values; one that is no number counts as the worst that is one.

    A run that ended in NaN is no better than that, so no difference is made larger by it.
    """
    numbers = [value for value in control if math.isfinite(value)]
    if not numbers:
        return control
    worst = min(numbers) if outcome.higher else max(numbers)
    return [value if math.isfinite(value) else worst for value in control]


def out_of_reach(
    outcome: Outcome, control: Sequence[float], treated: Sequence[float], n: int
) -> bool:
    """Whether no further values could make `helps` of these, of `n` seeds in all.

    With n values of which one is not above zero, t is at most sqrt(n - 1), reached when that one is
    zero and the others are equal; for three and four values this is below the 95 % quantile (1.41
    < 4.30, 1.73 < 3.18). So giving up early takes no `helps` away, and adds none.
    """
    if outcome.higher is None or not 2 < n <= 4:
        return False
    sign = 1.0 if outcome.higher else -1.0
    worse = (sign * (t - c) <= 0 for c, t in zip(control, treated, strict=True))
    return any(worse) or any(
        not math.isfinite(t) and math.isfinite(c) for c, t in zip(control, treated, strict=True)
    )


def interval(differences: Sequence[float], error: float = ONCE) -> tuple[float, float]:
    """Mean, and half the width of its interval; infinite for a single value.

    Arguments:
        differences: one a seed.
        error: two-sided, one of those in `QUANTILES`.
    """
    n = len(differences)
    mean = sum(differences) / n
    if n < 2:
        return mean, math.inf
    spread = math.sqrt(sum((value - mean) ** 2 for value in differences) / (n - 1))
    table = QUANTILES[error]
    quantile = table[min(n - 1, len(table)) - 1]
    return mean, quantile * spread / math.sqrt(n)


def _relative(outcome: Outcome, values: Sequence[float]) -> bool:
    """Whether ratios say more than differences: of errors, all above zero."""
    explains = metrics.metric(outcome.name) in EXPLAINED
    if outcome.higher and not explains:
        return False
    return all(_error(outcome, value) > 0 for value in values if math.isfinite(value))


def _error(outcome: Outcome, value: float) -> float:
    """What is left to gain: the error itself, or the variance that is not explained."""
    return 1.0 - value if outcome.higher else value


def _least(outcome: Outcome, control: Sequence[float], relative: bool) -> float:
    if relative:
        return RELEVANT_SHARE
    if metrics.metric(outcome.name) in metrics.UNIT_SCALE:
        return RELEVANT
    return RELEVANT_SHARE * abs(sum(control) / len(control))


def _trivial(outcome: Outcome) -> float:
    """What a constant prediction reaches at best of a metric that is better above."""
    return 0.0 if metrics.metric(outcome.name) in metrics.UNIT_SCALE else -math.inf

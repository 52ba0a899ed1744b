# SPDX-License-Identifier: Apache-2.0
"""Verdicts over seeds."""

from __future__ import annotations

import math
import random

import pytest

from backprobe.trials.nouns import Outcome
from backprobe.trials.verdict import FIRST, SECOND, interval, judge, out_of_reach

ACCURACY = Outcome("printed", "accuracy", True)
ERROR = Outcome("printed", "test mse", False)
R2 = Outcome("printed", "r2", True)


@pytest.mark.parametrize(
    ("outcome", "control", "treated", "word"),
    [
        (ACCURACY, (0.33, 0.34, 0.33), (0.95, 0.97, 0.96), "helps"),
        (ACCURACY, (0.95, 0.97, 0.96), (0.33, 0.34, 0.33), "harms"),
        (ACCURACY, (0.90, 0.91, 0.92), (0.90, 0.91, 0.92), "no effect"),
        (ACCURACY, (0.33, 0.34, 0.33), (0.95, 0.34, 0.96), "no effect"),
        (ACCURACY, (0.900, 0.910, 0.920), (0.902, 0.912, 0.922), "no effect"),
        (ERROR, (900.0, 300.0, 500.0), (9.0, 3.5, 4.0), "helps"),
        (ERROR, (1.0, 1.1, 1.2), (1.01, 1.09, 1.21), "no effect"),
        (R2, (-363.0, -1295.0, -692.0), (0.97, 0.96, 0.96), "helps"),
        (R2, (0.9, 0.91, 0.9), (0.2, 0.3, 0.25), "harms"),
        (ERROR, (math.nan, math.nan, math.nan), (2.0, 2.1, 2.0), "helps"),
        (R2, (math.nan, math.nan, math.nan), (-0.1, 0.5, 0.5), "no effect"),
        (ERROR, (1.0, 1.0, 1.0), (math.nan, 0.1, 0.1), "harms"),
        (ERROR, (1.0, math.nan, 1.1), (math.nan, math.nan, 0.1), "harms"),
        (ERROR, (math.nan, 1.0, 1.1), (math.nan, 0.1, 0.1), "no effect"),
        (R2, (-0.03, math.nan, math.nan), (0.5, 0.53, 0.52), "helps"),
        (ERROR, (math.inf, 1.0, 1.1), (0.5, 0.52, 0.51), "helps"),
        (ACCURACY, (0.9, math.nan, 0.95), (0.91, 0.9, 0.96), "no effect"),
        (ERROR, (math.inf, math.nan, math.nan), (math.nan, math.nan, math.nan), "no effect"),
    ],
)
def test_words(
    outcome: Outcome, control: tuple[float, ...], treated: tuple[float, ...], word: str
) -> None:
    """Differences that hold over the seeds, and matter, are told from those that do not."""
    assert judge(outcome, control, treated).word == word


def test_one_seed_proves_nothing() -> None:
    """However large the difference."""
    verdict = judge(ACCURACY, (0.1,), (0.9,))
    assert (verdict.word, verdict.interval) == ("no effect", None)


def test_a_direction_that_nobody_knows_is_said() -> None:
    """No verdict is made up."""
    verdict = judge(Outcome("printed", "zorp", None), (1.0, 1.0, 1.0), (2.0, 2.0, 2.0))
    assert verdict.word == "not applicable"
    assert "zorp" in verdict.reason


def test_an_errors_effect_is_the_share_by_which_it_fell() -> None:
    """Halved is 0.5, inside its interval."""
    verdict = judge(ERROR, (2.0, 4.0, 8.0), (1.0, 2.0, 4.1))
    assert verdict.unit == "relative"
    assert verdict.effect == pytest.approx(0.5, abs=0.01)
    assert verdict.interval is not None
    assert verdict.effect is not None
    assert verdict.interval[0] < verdict.effect < verdict.interval[1]


def test_the_interval_is_students() -> None:
    """1, 2, 3: mean 2, sd 1, t(2) = 4.303 over sqrt(3)."""
    assert interval((1.0, 2.0, 3.0)) == pytest.approx((2.0, 4.303 / math.sqrt(3)))


def test_giving_up_takes_no_helps_away() -> None:
    """Whatever values follow one that is not better, the verdict is not `helps`."""
    generator = random.Random(0)
    for _ in range(2000):
        n = generator.choice((3, 4))
        gains = [generator.expovariate(1.0) ** 3 for _ in range(n)]
        gains[generator.randrange(n)] = -generator.random() * generator.choice((0.0, 1.0))
        control = [0.0] * n
        assert out_of_reach(ACCURACY, control, gains, n)
        assert judge(ACCURACY, control, gains).word != "helps"


def test_looking_twice_errs_no_more_than_once() -> None:
    """Of 6,000 treatments without effect under 3 % are called a help at either look."""
    generator = random.Random(2)
    count = 0
    for _ in range(6000):
        control = [0.5 + generator.gauss(0, 0.03) for _ in range(6)]
        treated = [0.5 + generator.gauss(0, 0.03) for _ in range(6)]
        first = judge(ACCURACY, control[:3], treated[:3], error=FIRST).word == "helps"
        count += first or judge(ACCURACY, control, treated, error=SECOND).word == "helps"
    assert count / 6000 < 0.03


def test_noise_is_rarely_called_help() -> None:
    """Of 4,000 treatments without effect under 4 % are, by chance, shown to help."""
    generator = random.Random(1)
    count = 0
    for _ in range(4000):
        control = [0.8 + generator.gauss(0, 0.03) for _ in range(3)]
        treated = [0.8 + generator.gauss(0, 0.03) for _ in range(3)]
        count += judge(ACCURACY, control, treated).word == "helps"
    assert count / 4000 < 0.04

# SPDX-License-Identifier: Apache-2.0
"""Learning curves and what a study says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprobe.records import Run
from backprobe.trials.curves import POINTS, band, reduce
from backprobe.trials.nouns import Arm, Outcome, Trial
from backprobe.trials.study import Effect, Study
from backprobe.trials.study_report import study_answer, study_table

ACCURACY = Outcome("printed", "accuracy", True)


def falling(shift: float = 0.0, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and a loss that falls like 1 / step."""
    steps = np.arange(1.0, count + 1)
    return steps, 100.0 / steps + shift


def test_a_curve_keeps_its_end_and_its_shape() -> None:
    """Medians of equal parts; the end is the mean of the last tenth."""
    found = reduce(*falling(), held_out=0.5)
    assert found.steps.size == POINTS
    assert found.steps[-1] == 400
    assert (np.diff(found.loss) < 0).all()
    assert found.end == pytest.approx(np.mean(100.0 / np.arange(361, 401)))
    assert found.gap == pytest.approx(0.5 - found.end)
    assert found.reached(1.0) == pytest.approx(100, abs=20)
    assert found.reached(0.01) == math.inf


def test_losses_that_are_not_finite_are_left_out() -> None:
    """A run of NaN alone has no curve."""
    steps, loss = falling()
    loss[::2] = math.nan
    assert np.isfinite(reduce(steps, loss).loss).all()
    assert reduce(steps, loss * math.nan).steps.size == 0
    assert band([reduce(steps, loss * math.nan)]) is None


def test_a_band_holds_all_seeds() -> None:
    """From the lowest to the highest, at the steps that all have."""
    found = band([reduce(*falling(shift)) for shift in (0.0, 1.0)] + [reduce(*falling(count=200))])
    assert found is not None
    assert found.steps[-1] == 200
    assert (found.low <= found.mean).all()
    assert (found.mean <= found.high).all()
    assert found.high[-1] - found.low[-1] == pytest.approx(1.0, abs=0.1)
    assert found.ends[0] < found.end < found.ends[1]
    assert found.ends[0] == pytest.approx(np.mean(100.0 / np.arange(361, 401)))


def test_a_small_last_batch_is_no_point_of_the_curve() -> None:
    """A few rows at the end of each epoch: their loss is theirs alone."""
    steps, loss = falling(count=66)
    loss[21::22] = 1000.0
    assert reduce(steps, loss).loss.max() < 200
    assert reduce(steps[:5], loss[:5]).steps.size == 5


def test_what_ends_at_the_target_has_reached_it() -> None:
    """The end is a mean of steps; that of no single part may be as low."""
    steps, loss = np.arange(1.0, 401), np.full(400, 3.0)
    loss[[365, 375, 385, 395]] = 0.0
    found = reduce(steps, loss)
    assert found.loss.min() == 3.0
    assert found.end == pytest.approx(2.7)
    assert found.reached(2.71) == 400
    assert found.reached(2.6) == math.inf


def grid(effect: float, seeds: tuple[int, ...] = (0, 1, 2)) -> Study:
    """Two cells with curves, the second better by so much."""
    found = Study(Run("r"), {"dropout": ("dropout=off", "dropout=0.5")}, seeds, ACCURACY)
    for position, level in enumerate(found.factors["dropout"]):
        found.cells[(level,)] = [
            Trial(
                Arm((level,)),
                seed,
                Run(f"t{seed}"),
                {ACCURACY: 0.5 + position * (effect + 0.01 * seed) + 0.02 * seed},
            )
            for seed in seeds
        ]
        found._curves[(level,)] = [reduce(*falling(-0.1 * position), 0.9) for _ in seeds]
    return found


def test_a_clear_effect_is_told_plainly() -> None:
    """Better, by how much, and which is best; steps to the reference's last loss."""
    text = study_table(grid(0.2))
    assert "dropout=0.5 is better than dropout=off (+0.21 accuracy). Best: dropout=0.5." in text
    assert "█" in text
    answer = study_answer(grid(0.2))
    assert answer["best"] == ["dropout=0.5"]
    assert answer["cells"][1]["steps_to_target"] < answer["cells"][0]["steps_to_target"]
    assert len(answer["cells"][0]["curve"]["mean"]) == POINTS
    assert answer["cells"][0]["gap"] == pytest.approx(0.9 - answer["cells"][0]["last_loss"])


def test_noise_is_told_as_noise() -> None:
    """Nothing is claimed of a difference that seeds make as well."""
    assert "told from the noise" in study_table(grid(-0.01))
    assert "with one seed nothing can be told" in study_table(grid(0.2, (0,)))


def test_equal_seeds_are_no_clear_effect() -> None:
    """Two that differ alike by chance have an interval of no width."""
    assert not Effect(("0.5",), ("off",), 0.01, (0.01, 0.01)).clear
    assert Effect(("0.5",), ("off",), 0.01, (0.005, 0.015)).clear

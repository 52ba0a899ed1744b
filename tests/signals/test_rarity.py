# SPDX-License-Identifier: Apache-2.0
"""Weights that grow with the rows of a class, and weights that have another meaning."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from backprobe.records import Event, Loss, Record, Run
from backprobe.signals.rarity import favour, favoured_by_loss, favoured_by_sampler

ROWS = np.array([620.0, 300.0, 60.0, 20.0])


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_powers_of_the_count_favour_the_commonest(power: float) -> None:
    """How much is told by the two ends."""
    found = favour(ROWS, ROWS**power)
    assert found is not None
    assert found.rows == pytest.approx(31.0)
    assert found.weight == pytest.approx(31.0**power)


@pytest.mark.parametrize(
    "weights",
    [1.0 / ROWS, ROWS**-0.5, np.ones(4), np.array([1.0, 5.0, 0.2, 1.0]), 1.0 + ROWS / 1000.0],
)
def test_other_weights_do_not(weights: NDArray[np.float64]) -> None:
    """Those that balance, equal ones, those of another meaning, and those that hardly differ."""
    assert favour(ROWS, weights) is None


def test_a_yes_that_is_rare_and_weighted_down() -> None:
    """`pos_weight` is the weight of a yes, beside 1 for a no."""
    loss = Loss(index=0, kind="bce_with_logits", target={"classes": [900, 100]})
    turned = Loss(**{**vars(loss), "class_weights": (1 / 9,)})
    assert favoured_by_loss(turned) is not None
    assert favoured_by_loss(Loss(**{**vars(loss), "class_weights": (9.0,)})) is None
    assert favoured_by_loss(loss) is None


def test_a_sampler_whose_weights_are_not_of_the_classes() -> None:
    """Two groups of rows, the smaller of which is doubtful: the classes served are others."""
    draws = [[1.0, 900.0], [0.1, 100.0]]
    record = Record(run=Run("r"), events=(Event("loader", 0.0, {"draws": draws}),))
    assert favoured_by_sampler(record, np.array([510.0, 490.0])) is None
    assert favoured_by_sampler(record, np.array([989.0, 11.0])) is not None
    assert favoured_by_sampler(Record(run=Run("r")), np.array([989.0, 11.0])) is None


@pytest.mark.parametrize(("weights", "turned"), [((0.1, 0.05), True), ((10.0, 20.0), False)])
def test_weights_of_several_tags_count_by_their_mean(
    weights: tuple[float, ...], turned: bool
) -> None:
    """A yes in eleven: weights of a tenth make it rarer still."""
    loss = Loss(
        index=0, kind="bce_with_logits", class_weights=weights, target={"classes": [1000, 100]}
    )
    assert (favoured_by_loss(loss) is not None) == turned

# SPDX-License-Identifier: Apache-2.0
"""Two labels of a mixed input, and which of them is known better."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from backprobe.probe.lossgraph import read
from backprobe.probe.mixtures import Mixtures


def told(weight: float, shuffled: bool = True) -> dict[str, Any]:
    """What is told of twelve batches of which the scores know the first labels.

    Arguments:
        weight: of the first labels' loss; that of the second ones has the rest.
        shuffled: whether the second labels are the first ones in another order.
    """
    found: dict[str, Any] = {}
    mixtures = Mixtures(lambda _, **data: found.update(data))
    torch.manual_seed(0)
    for _ in range(12):
        first = torch.randint(0, 5, (40,))
        second = first[torch.randperm(40)] if shuffled else torch.randint(0, 5, (40,))
        scores = (2.0 * F.one_hot(first, 5) + torch.randn(40, 5)).requires_grad_() * 1.0
        own, other = F.cross_entropy(scores, first), F.cross_entropy(scores, second)
        reading = read((weight * own + (1.0 - weight) * other).grad_fn, lambda _: True)
        if "mixed" in reading.extra:
            mixtures.take(*reading.extra["mixed"])
    mixtures.finish()
    return found


@pytest.mark.parametrize(("weight", "better"), [(0.8, 0), (0.2, 6)])
def test_which_label_is_known_better(weight: float, better: int) -> None:
    """Of the later half: that of the input, whichever weighs more."""
    facts = told(weight)
    assert (facts["looks"], facts["better"]) == (6, better)
    assert abs(facts["gap"]) > 1.0


@pytest.mark.parametrize("which", [{"shuffled": False}, {"weight": 0.5}])
def test_what_are_no_two_labels_of_a_mixture_is_left(which: dict[str, Any]) -> None:
    """Answers of a network's own beside the labels, and two that weigh about as much."""
    assert told(**{"weight": 0.2, **which}) == {}


def test_scores_of_two_heads_are_left() -> None:
    """Each has a label of its own."""
    scores = torch.randn(8, 3, requires_grad=True)
    labels = torch.arange(8) % 3
    parts = [F.cross_entropy(scores * float(k), labels.roll(k)) for k in (1, 2)]
    assert "mixed" not in read((0.7 * parts[0] + 0.3 * parts[1]).grad_fn, lambda _: True).extra

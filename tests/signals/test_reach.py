# SPDX-License-Identifier: Apache-2.0
"""What a loss can be given, read off the autograd graph of really computed ones."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from backprobe.probe import lossgraph
from backprobe.records import Loss
from backprobe.signals.reach import Reach, reach

Make = Callable[[Tensor], Tensor]


def read(loss: Tensor) -> Reach:
    """Of a loss of which all may be looked at."""
    found = lossgraph.read(loss.grad_fn, lambda _: True)
    ends = {k: v for k, v in found.extra.items() if k in ("least", "most")}
    return reach(Loss(0, found.kind, found.chain, found.before, output=ends))


def scores() -> Tensor:
    """[8, 5] from a layer with weights."""
    torch.manual_seed(0)
    found: Tensor = nn.Linear(3, 5)(torch.randn(8, 3))
    return found


@pytest.mark.parametrize(
    ("head", "low", "high"),
    [
        (lambda x: x, -math.inf, math.inf),
        (F.relu, 0.0, math.inf),
        (F.relu6, 0.0, 6.0),
        (lambda x: x.clamp(min=0), 0.0, math.inf),
        (lambda x: x.clamp(-2, 3), -2.0, 3.0),
        (lambda x: F.relu(x).clamp(max=3), 0.0, 3.0),
        (lambda x: torch.tanh(x).reshape(40), -1.0, 1.0),
        (lambda x: torch.sigmoid(F.relu(x)), 0.5, 1.0),
        (lambda x: 2 * torch.tanh(x), -math.inf, math.inf),
        (lambda x: F.relu(x) - 1, -math.inf, math.inf),
        (lambda x: torch.sigmoid(2 * torch.tanh(x)), 0.0, 1.0),
        (F.leaky_relu, -math.inf, math.inf),
        (F.softplus, 0.0, math.inf),
    ],
)
def test_what_a_regression_is_given(head: Make, low: float, high: float) -> None:
    """By the built-in loss and by one that is written out."""
    output = head(scores())
    target = torch.randn_like(output)
    for loss in (F.mse_loss(output, target), ((output - target) ** 2).mean()):
        found = read(loss)
        assert (found.low, found.high) == pytest.approx((low, high))


def test_of_probabilities_it_is_the_logits() -> None:
    """Before the loss's own softmax or sigmoid; a score that is taken as it is has no logits."""
    yes, ids = torch.ones(8, 5), torch.zeros(8, dtype=torch.long)
    relu = Reach(0.0, math.inf, "relu")
    assert read(F.binary_cross_entropy_with_logits(F.relu(scores()), yes)) == relu
    assert read(F.binary_cross_entropy(torch.sigmoid(F.relu(scores())), yes)) == relu
    assert read(F.binary_cross_entropy(scores().clamp(0.1, 0.9), yes)) == Reach()
    assert read(F.cross_entropy(F.relu(scores()), ids)) == relu
    assert read(F.nll_loss(F.relu(scores()).log_softmax(1), ids)) == relu
    assert read(F.cross_entropy(F.relu(scores()) / 0.1, ids)) == relu
    assert read(F.cross_entropy(-F.relu(scores()), ids)) == Reach()

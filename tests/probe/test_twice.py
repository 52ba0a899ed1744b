# SPDX-License-Identifier: Apache-2.0
"""Which losses take shares for scores."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import Categorical
from torch.nn.functional import cross_entropy, log_softmax, nll_loss, softmax

from backprobe.probe.lossgraph.twice import shares_taken_for_scores

TARGETS = torch.tensor([0, 3, 1, 2, 3, 0])


@pytest.fixture
def scores() -> Tensor:
    """What a layer gives for six rows of four classes."""
    torch.manual_seed(0)
    return torch.randn(6, 3) @ torch.randn(3, 4, requires_grad=True)


TWICE: list[Callable[[Tensor], Tensor]] = [
    lambda x: cross_entropy(softmax(x, 1), TARGETS),
    lambda x: x.square().mean() + 0.3 * cross_entropy(softmax(x, 1), TARGETS),
    lambda x: -(Categorical(logits=softmax(x, -1)).log_prob(TARGETS) * torch.randn(6)).mean(),
    lambda x: -Categorical(logits=softmax(x, 1).view(2, 3, 4)).entropy().mean(),
]
ONCE: list[Callable[[Tensor], Tensor]] = [
    lambda x: cross_entropy(x, TARGETS),
    lambda x: nll_loss(log_softmax(log_softmax(x, 1), 1), TARGETS),
    lambda x: -(Categorical(probs=softmax(x, -1)).log_prob(TARGETS) * torch.randn(6)).mean(),
    lambda x: -Categorical(logits=x).entropy().mean(),
    lambda x: cross_entropy(softmax(x, 1) / 0.1, TARGETS),  # a temperature: sharp again
    lambda x: cross_entropy(softmax(x, 0), TARGETS),  # of another axis
    lambda x: cross_entropy(softmax(x, 1) @ torch.randn(4, 4), TARGETS),  # attention
]


@pytest.mark.parametrize("loss", TWICE)
def test_shares_that_are_normalised_again(scores: Tensor, loss: Callable[[Tensor], Tensor]) -> None:
    """In any term, by a log softmax or by the logarithm of their powers' sum."""
    assert shares_taken_for_scores(loss(scores).grad_fn) == 4


@pytest.mark.parametrize("loss", ONCE)
def test_scores_and_log_shares(scores: Tensor, loss: Callable[[Tensor], Tensor]) -> None:
    """What is normalised once, or was no share of the same axis."""
    assert shares_taken_for_scores(loss(scores).grad_fn) == 0

# SPDX-License-Identifier: Apache-2.0
"""Which way a loss takes the overlap of an output with its targets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from backprobe.probe import lossgraph

AXES = (1, 2)
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def dice(share: Tensor, mask: Tensor) -> Tensor:
    """Of each picture, and their mean."""
    both = 2 * (share * mask).sum(AXES) + 1
    return (both / (share.sum(AXES) + mask.sum(AXES) + 1)).mean()


def squared_dice(share: Tensor, mask: Tensor) -> Tensor:
    """With squares below, of a whole batch laid flat."""
    share, mask = share.view(-1), mask.view(-1)
    both = (mask * share).sum()
    return (both + both) / (share.pow(2).sum() + (mask**2).sum())


def jaccard(share: Tensor, mask: Tensor) -> Tensor:
    """Of a whole batch."""
    both = (share * mask).sum()
    return both / (share.sum() + mask.sum() - both)


def tversky(share: Tensor, mask: Tensor) -> Tensor:
    """What was missed weighs more than what was too much."""
    both = (share * mask).sum()
    over, missed = (share * (1 - mask)).sum(), ((1 - share) * mask).sum()
    return both / (both + 0.3 * over + 0.7 * missed + 1)


def bce(scores: Tensor, mask: Tensor) -> Tensor:
    """The usual loss beside it."""
    return F.binary_cross_entropy_with_logits(scores, mask)


LOSSES: dict[str, tuple[Loss, int]] = {
    "added": (lambda z, p, t: bce(z, t) + dice(p, t), 1),
    "laid flat": (lambda z, p, t: bce(z, t) + 0.5 * squared_dice(p, t), 1),
    "logarithm": (lambda z, p, t: dice(p, t).log() + bce(z, t), 1),
    "another's targets": (lambda z, p, t: bce(z, t.clone()) + jaccard(p, t), 1),
    "weighed": (lambda z, p, t: bce(z, t) + tversky(p, t), 1),
    "alone": (lambda _, p, t: dice(p, t), 1),
    "lack": (lambda z, p, t: bce(z, t) + 1 - dice(p, t), -1),
    "minus": (lambda z, p, t: bce(z, t) - jaccard(p, t), -1),
    "minus logarithm": (lambda _, p, t: -dice(p, t).log(), -1),
    "power of the lack": (lambda _, p, t: (1 - tversky(p, t)) ** 0.75, -1),
    "forbidden": (lambda z, p, t: bce(z, t) + dice(p, 1 - t), 0),
    "share outside": (lambda z, p, t: bce(z, t) + (p * (1 - t)).sum() / p.sum(), 0),
    "weighted mean": (lambda _, p, t: (p * t).sum() / p.sum(), 0),
    "attack": (lambda z, p, t: dice(p, t) - bce(z, t), 0),
    "both": (lambda z, p, t: bce(z, t) + dice(p, t) - jaccard(p, t), 0),
    "two outputs": (lambda z, p, t: bce(z, t) + dice(p, p.flip(0)), 0),
    "error of a mask": (lambda z, _, t: ((z - t) ** 2 * t).sum() / t.sum(), 0),
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_way_an_overlap_is_taken(name: str) -> None:
    """1: made small; -1: made large; 0: there is none, or it is not known to be the targets'."""
    torch.manual_seed(0)
    scores = torch.nn.Linear(6, 6)(torch.randn(4, 6, 6))
    mask = (torch.rand(4, 6, 6) > 0.6).float()
    loss, way = LOSSES[name]
    root = loss(scores, scores.sigmoid(), mask).grad_fn
    reading = lossgraph.read(root, lambda _: True)
    lossgraph.read_once(root, reading, lambda _: True)
    assert reading.extra.get("overlap", 0) == way


def test_classes_of_one_hot_targets() -> None:
    """The cross entropy beside it is given the classes' ids."""
    scores = torch.nn.Conv2d(1, 3, 1)(torch.randn(4, 1, 6, 6))
    ids = torch.randint(0, 3, (4, 6, 6))
    shares, hot = scores.softmax(1), F.one_hot(ids, 3).permute(0, 3, 1, 2).float()
    both = (shares * hot).sum((2, 3))
    overlap = (2 * both / (shares.sum((2, 3)) + hot.sum((2, 3)) + 1e-6)).mean()
    root = (F.cross_entropy(scores, ids) + overlap).grad_fn
    reading = lossgraph.read(root, lambda _: True)
    lossgraph.read_once(root, reading, lambda _: True)
    assert reading.extra["overlap"] == 1

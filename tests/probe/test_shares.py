# SPDX-License-Identifier: Apache-2.0
"""Shares of classes that a row is asked for, here and when it comes back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from backprobe.probe import hashes
from backprobe.probe.lossgraph import read
from backprobe.probe.shares import Shares

ROWS, CLASSES = 32, 6


def facts(order: torch.Tensor) -> dict[str, Any]:
    """What is told of four passes in the order of the rows, and their shares in another one."""
    told: dict[str, Any] = {}
    torch.manual_seed(0)
    x, shares = torch.randn(ROWS, 5), F.softmax(torch.randn(ROWS, CLASSES), dim=1)
    kept = Shares(lambda _, **data: told.update(data))
    for turn in range(4):
        rows = torch.randperm(ROWS)
        found = hashes.rows(x[rows])
        assert isinstance(found, np.ndarray)
        kept.take(found, shares[rows if turn % 2 else order[rows]])
    return told


def test_shares_of_the_same_rows_are_the_same() -> None:
    """All pairs of a row are asked for the same, and none of another row's."""
    assert facts(torch.arange(ROWS)) == {
        "rows": 4 * ROWS,
        "returned": 3 * ROWS,
        "apart": 0.0,
        "again": 3 * ROWS,
        "moved": 0,
    }


def test_shares_of_other_rows_are_as_far_apart_as_any_two() -> None:
    """And every row's very shares were another one's before."""
    told = facts(torch.arange(ROWS).roll(1))
    assert told["apart"] > 0.6  # one of three pairs is of the same order
    assert told["moved"] >= ROWS


@pytest.mark.parametrize(
    "loss",
    [
        lambda logs, shares: F.kl_div(logs, shares, reduction="batchmean") * 16,
        lambda logs, shares: F.kl_div(logs, shares.log(), reduction="batchmean", log_target=True),
        lambda logs, shares: -(shares * logs).sum(dim=1).mean(),
    ],
)
def test_what_log_probabilities_are_weighed_by_is_read(loss: Any) -> None:
    """Also beside an error of class ids."""
    scores = nn.Linear(3, CLASSES)(torch.randn(ROWS, 3))
    shares = F.softmax(torch.randn(ROWS, CLASSES), dim=1)
    both = loss(F.log_softmax(scores / 4, dim=1), shares)
    both = both + F.cross_entropy(scores, torch.zeros(ROWS, dtype=torch.long))
    asked = read(both.grad_fn, lambda _: True).extra["asked"]
    assert torch.allclose(asked, shares)


def test_an_entropy_asks_for_nothing() -> None:
    """Both of its sides learn."""
    scores = nn.Linear(3, CLASSES)(torch.randn(ROWS, 3))
    entropy = (F.softmax(scores, 1) * F.log_softmax(scores, 1)).sum(dim=1).mean()
    assert "asked" not in read(entropy.grad_fn, lambda _: True).extra

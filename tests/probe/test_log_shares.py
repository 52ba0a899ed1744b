# SPDX-License-Identifier: Apache-2.0
"""What CTC losses were given, and quantile levels of all differences, read off real graphs."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor

from backprobe.probe import lossgraph
from backprobe.probe.lossgraph import LossReading

ROWS, N = 6, 5


def read(loss: Tensor) -> LossReading:
    """The reading of a loss's first backward."""
    found = lossgraph.read(loss.grad_fn, lambda _: True)
    lossgraph.read_once(loss.grad_fn, found, lambda _: True)
    return found


def ctc(given: Tensor) -> Tensor:
    """Of three texts of four symbols in 24 times."""
    text = torch.arange(12).view(3, 4) % 6 + 1
    return F.ctc_loss(given, text, torch.full((3,), 24), torch.full((3,), 4), zero_infinity=True)


def test_what_symbols_add_up_to() -> None:
    """Scores of 0 add up to their number; shares to 1, also where zeros pad a few times."""
    scores = torch.zeros(24, 3, 7, requires_grad=True) * 1.0
    raw = read(ctc(scores)).extra["log_shares"]
    assert lossgraph.distance(raw).item() == pytest.approx(math.log(7.0))
    padded = F.pad(scores.log_softmax(-1), (0, 0, 0, 0, 0, 20))
    beside = ctc(padded) + scores.square().mean()
    assert lossgraph.distance(read(beside).extra["log_shares"]).item() < 1e-5
    assert "log_shares" not in read(scores.square().mean()).extra


@pytest.mark.parametrize("axis", [1, 2])
def test_whose_levels_weigh_all_differences(axis: int) -> None:
    """The targets' share of predictions, on either axis."""
    told = (torch.randn(ROWS, N, requires_grad=True) * 1.0).unsqueeze(3 - axis)
    given = torch.randn(ROWS, N).unsqueeze(axis)
    level = (torch.arange(N) + 0.5) / N
    for of_targets in (True, False):
        lies = level.view((1, 1, N) if (axis == 1) == of_targets else (1, N, 1))
        weights = (lies - (given < told.detach()).float()).abs()
        found = read((weights * (given - told).abs()).sum(1).mean()).extra["weights_of_all"]
        assert found[1] == axis
        over, among, both, most = lossgraph.levels_of_targets(*found).tolist()
        assert (over < 1e-5) == of_targets
        assert min(among, both) > 0.3
        assert most <= 1.0
    plain = weights * (given - told.detach()).abs() * told.mean()
    assert "weights_of_all" not in read(plain.mean()).extra

# SPDX-License-Identifier: Apache-2.0
"""The dear measurements mean what they say, and arrive in the record of a real training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from backprobe.probe import occasional
from backprobe.records import Record


def test_effective_rank_counts_directions() -> None:
    """Noise in all directions is near full rank; a product of thin matrices is of its own rank."""
    torch.manual_seed(0)
    full = occasional.effective_rank(torch.randn(100, 20, 1))
    thin = occasional.effective_rank((torch.randn(100, 2) @ torch.randn(2, 20))[:, :, None])
    assert full is not None
    assert thin is not None
    assert float(full) > 0.9
    assert 1.0 / 20 < float(thin) <= 2.01 / 20
    constant = occasional.effective_rank(torch.ones(10, 5, 1))
    assert constant is not None
    assert float(constant) == 0


def test_batchnorm_gap() -> None:
    """Fresh running statistics are far from a shifted batch; converged ones are close to it."""
    torch.manual_seed(0)
    norm = nn.BatchNorm1d(6)
    batch = torch.randn(256, 6) * 3 + 5
    before = occasional.batchnorm_gap(norm, batch)
    assert abs(float(before["bn_mean_gap"]) - 5) < 0.3
    assert abs(float(before["bn_var_ratio"]) - 9) < 1
    for _ in range(100):
        norm(torch.randn(256, 6) * 3 + 5)
    after = occasional.batchnorm_gap(norm, batch)
    assert float(after["bn_mean_gap"]) < 0.2
    assert abs(float(after["bn_var_ratio"]) - 1) < 0.2


def test_second_moment_lag() -> None:
    """Where the second moment is the squared gradient the lag is 1; where it is stale, more."""
    gradient = torch.randn(100)
    beta, steps = 0.9, 5.0
    fresh = gradient.square() * (1 - beta**steps)
    assert abs(float(occasional.second_moment_lag(gradient, fresh, steps, beta)) - 1) < 1e-4
    assert float(occasional.second_moment_lag(gradient * 10, fresh, steps, beta)) > 9


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mix, self.norm, self.head = nn.Linear(8, 24), nn.BatchNorm1d(8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.mix(x).chunk(3, dim=-1)
        weights = F.softmax(q @ k.transpose(1, 2) / 8**0.5, dim=-1)
        return self.head(self.norm((weights @ v).mean(1)))


def test_signals_arrive(watch: Callable[..., Record]) -> None:
    """Rank, entropy, batch-norm gaps and Adam's lag are in the record, of the 1st and 65th step."""
    torch.manual_seed(0)
    net = Attention()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

    def train() -> None:
        for _ in range(70):
            optimizer.zero_grad()
            F.cross_entropy(net(torch.randn(16, 5, 8)), torch.randint(0, 3, (16,))).backward()
            optimizer.step()

    record = watch(train, net)
    assert not record.named("failure")
    outputs = record.outputs
    place = {(p.name, p.type): p.index for p in record.places}
    rank = outputs.of("out_rank", place["mix", "Linear"])
    assert np.flatnonzero(np.isfinite(rank)).tolist() == [0, 64]
    entropy = outputs.of("out_entropy", place["", "softmax"])
    assert ((entropy[[0, 64]] > 0.8) & (entropy[[0, 64]] <= 1)).all()
    gap = outputs.of("bn_mean_gap", place["norm", "BatchNorm1d"])
    assert np.isfinite(gap[[0, 64]]).all()
    lag = record.parameters_series.of("adam_lag", 0)
    assert np.isfinite(lag[64])
    assert 0.2 < lag[64] < 10

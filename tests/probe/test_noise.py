# SPDX-License-Identifier: Apache-2.0
"""The noise scale of accumulated micro-batches is that of the problem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from backprobe.records import Record
from backprobe.signals.noise_scale import noise_scale


@pytest.mark.parametrize("divided", [True, False])
def test_noise_scale_of_a_known_problem(watch: Callable[..., Record], divided: bool) -> None:
    """A linear loss whose gradient is mean + noise of known covariance has that noise scale."""
    torch.manual_seed(0)
    weight = nn.Parameter(torch.zeros(100))
    optimizer = torch.optim.SGD([weight], lr=0.0)
    mean, spread, rows, micro = 0.5, 4.0, 8, 4

    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = weight

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x * self.weight).sum(1)

    net = Linear()

    def train() -> None:
        for _ in range(60):
            optimizer.zero_grad()
            for _ in range(micro):
                loss = net(mean + spread * torch.randn(rows, 100)).mean()
                (loss / micro if divided else loss).backward()
            optimizer.step()

    record = watch(train, net)
    assert not record.named("failure")
    expected = spread**2 / mean**2  # trace 100 * 16 over squared norm 100 * 0.25
    assert (record.noise["micro"] == micro).all()
    assert np.isclose(noise_scale(record), expected, rtol=0.3)


def test_settings_that_change_are_told(watch: Callable[..., Record]) -> None:
    """A weight decay set in mid-run is an event; a schedule of the rate is a column only."""
    net = nn.Linear(4, 2)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)

    def train() -> None:
        for step in range(8):
            if step == 5:
                optimizer.param_groups[0]["weight_decay"] = 0.5
            optimizer.zero_grad()
            net(torch.randn(3, 4)).sum().backward()
            nn.utils.clip_grad_norm_(net.parameters(), 0.25)
            optimizer.step()
            schedule.step()

    record = watch(train, net)
    events = record.named("optimizer-settings")
    assert [event.data["step"] for event in events] == [5]
    assert events[0].data["groups"][0]["weight_decay"] == 0.5
    assert np.allclose(record.steps["lr"], 0.1 * 0.9 ** np.arange(8))
    assert (record.steps["clip_limit"] == 0.25).all()
    assert (record.steps["clip_norm"] > 0.25).any()

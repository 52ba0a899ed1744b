# SPDX-License-Identifier: Apache-2.0
"""What a schedule that waits for a plateau is told, and where."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.probe.conftest import Watch


def test_the_numbers_that_a_plateau_is_told(watch: Watch) -> None:
    """Each call's number, as it is, and the direction that the schedule waits for."""
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max", patience=0)

    def train() -> None:
        for score in (torch.tensor(0.75), 0.5):
            optimizer.zero_grad()
            net(torch.randn(4, 3)).square().mean().backward()
            optimizer.step()
            schedule.step(score)

    record = watch(train, net)
    told = [event.data for event in record.named("plateau")]
    assert [(t["value"], t["mode"], t["step"]) for t in told] == [(0.75, "max", 1), (0.5, "max", 2)]
    assert told[0]["text"] == "schedule.step(score)"
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.01)
    assert not record.named("failure")

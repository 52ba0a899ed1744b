# SPDX-License-Identifier: Apache-2.0
"""Parameters that are frozen while the run goes on."""

from __future__ import annotations

import torch
from torch import nn

from .conftest import Watch


def test_what_was_frozen_after_the_start_is_told(watch: Watch) -> None:
    """Neither what was frozen from the start nor what trains again at the end."""
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 1))
    net[0].requires_grad_(False)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        for _ in range(6):
            optimizer.zero_grad()
            net(torch.randn(8, 4)).square().mean().backward()
            optimizer.step()
            net[1].requires_grad_(False)
            net[2].requires_grad_(not net[2].weight.requires_grad)

    record = watch(train, net)
    names = {p.index: p.name for p in record.parameters}
    (event,) = record.named("frozen-later")
    assert [names[k] for k in event.data["parameters"]] == ["1.weight", "1.bias"]

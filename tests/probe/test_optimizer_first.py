# SPDX-License-Identifier: Apache-2.0
"""Optimizers that step before a forward of their model is seen."""

from __future__ import annotations

import torch
from torch import nn

from .conftest import Watch


def test_what_an_optimizer_brought_becomes_its_models_own(watch: Watch) -> None:
    """Its first step is of a forward that nobody saw, as between two observed steps."""
    body = nn.Linear(4, 3)
    head = nn.Linear(3, 1)
    net = nn.Sequential(body, nn.ReLU(), head)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.1)

    def train() -> None:
        for step in range(4):
            optimizer.zero_grad()
            x = torch.randn(8, 4)
            hidden = nn.functional.linear(x, body.weight, body.bias).relu()
            unseen = nn.functional.linear(hidden, head.weight, head.bias)
            (net(x) if step else unseen).square().mean().backward()
            optimizer.step()

    record = watch(train)
    parts = {m.index: m.name for m in record.modules}
    assert {p.name: (parts.get(p.module), p.optimizer) for p in record.parameters} == {
        "0.weight": ("0", -1),
        "0.bias": ("0", -1),
        "2.weight": ("2", 0),
        "2.bias": ("2", 0),
    }
    of_head = next(m for m in record.modules if m.name == "2")
    assert [record.parameters[index].name for index in of_head.parameters] == ["2.weight", "2.bias"]

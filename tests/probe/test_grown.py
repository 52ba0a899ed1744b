# SPDX-License-Identifier: Apache-2.0
"""Layers that a model's first forward makes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .conftest import Watch


class Late(nn.Module):
    """Makes its dense layers when their sizes show."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 3)
        self.dense: nn.Module | None = None

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x).relu()
        if self.dense is None:
            self.dense = nn.Sequential(nn.Linear(x.shape[1], 5), nn.ReLU(), nn.Linear(5, 1))
        found: Tensor = self.dense(x)
        return found


def test_layers_made_in_the_first_forward_are_the_models(watch: Watch) -> None:
    """They are numbered, measured, and in its graph; no optimizer has them."""
    net = Late()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        for _ in range(4):
            optimizer.zero_grad()
            net(torch.randn(8, 4)).square().mean().backward()
            optimizer.step()

    record = watch(train, net)
    parts = {m.index: m.name for m in record.modules}
    assert list(parts.values()) == ["", "first", "dense", "dense.0", "dense.1", "dense.2"]
    held = {p.name: (parts[p.module], p.optimizer) for p in record.parameters if len(p.shape) > 1}
    assert held == {
        "first.weight": ("first", 0),
        "dense.0.weight": ("dense.0", -1),
        "dense.2.weight": ("dense.2", -1),
    }
    linear = [parts[op.module] for op in record.graph if op.name == "linear"]
    assert linear == ["first", "dense.0", "dense.2"]
    assert {"dense.0", "dense.1", "dense.2"} <= {p.name for p in record.places}

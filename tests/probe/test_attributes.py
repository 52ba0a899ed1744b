# SPDX-License-Identifier: Apache-2.0
"""Modules that were given a `requires_grad` which no parameter knows of."""

from __future__ import annotations

import torch
from torch import nn

from .conftest import Watch


class Frozen(nn.Module):
    """A class with an option of that name."""

    def __init__(self) -> None:
        super().__init__()
        self.requires_grad = False
        self.inner = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


def test_an_attribute_on_a_module_is_told(watch: Watch) -> None:
    """Its value and how many parameters train; a class's own option is left alone."""
    net = nn.Sequential(nn.Linear(4, 4), Frozen(), nn.Linear(4, 1))
    for parameter in net[0].parameters():
        parameter.requires_grad = False
    net[0].requires_grad = True  # type: ignore[assignment]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        for _ in range(3):
            net(torch.randn(8, 4)).square().mean().backward()
            optimizer.step()
        net[2].requires_grad = False  # type: ignore[assignment]

    record = watch(train, net)
    names = {m.index: m.name for m in record.modules}
    told = [
        (names[e.data["module"]], e.data["value"], e.data["parameters"], e.data["trained"])
        for e in record.named("requires-grad-attribute")
    ]
    assert told == [("0", True, 2, 0), ("2", False, 2, 2)]

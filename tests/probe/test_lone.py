# SPDX-License-Identifier: Apache-2.0
"""Parameters of no module that nothing moves."""

from __future__ import annotations

import torch
from torch import nn

from .conftest import Watch


def test_what_no_optimizer_has_and_nothing_moves_is_told(watch: Watch) -> None:
    """Not what an optimizer has, what the script moves, what is made anew, or a plain tensor."""
    net = nn.Linear(4, 1)

    def train() -> None:
        left, held, moved = (nn.Parameter(torch.ones(1)) for _ in range(3))
        plain = torch.ones(8, 4, requires_grad=True)
        optimizer = torch.optim.SGD([*net.parameters(), held], lr=0.01)
        for _ in range(20):
            anew = nn.Parameter(torch.zeros(8, 4))
            optimizer.zero_grad()
            out = net(torch.randn(8, 4) + 0.1 * plain + anew)
            (out * left + held + moved).square().mean().backward()
            optimizer.step()
            with torch.no_grad():
                moved.sub_(0.01)

    record = watch(train, net)
    names = {p.index: p.name for p in record.parameters}
    (event,) = record.named("lone-parameters")
    assert [names[k] for k in event.data["parameters"]] == ["left"]


def test_what_a_later_optimizer_takes_is_not_told(watch: Watch) -> None:
    """It is held at the end, though not at first."""
    net, scale = nn.Linear(4, 1), nn.Parameter(torch.ones(1))

    def train() -> None:
        for tensors in (list(net.parameters()), [scale]):
            optimizer = torch.optim.SGD(tensors, lr=0.01)
            for _ in range(12):
                optimizer.zero_grad()
                (net(torch.randn(8, 4)) * scale - 1.0).square().mean().backward()
                optimizer.step()

    record = watch(train, net)
    assert list(record.named("lone-parameters")) == []


def test_what_a_model_keeps_in_a_list_is_told_with_its_attribute(watch: Watch) -> None:
    """In lists of plain objects as well, while a tensor of the script's own has no holder."""

    class Part:
        def __init__(self) -> None:
            self.scale = nn.Parameter(torch.ones(1))

        @property
        def never(self) -> None:
            raise AssertionError("nothing of the script's is called")

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(4, 1)
            self.parts = [{"own": Part()}]
            self.itself = [self]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(self.head(x) * self.parts[0]["own"].scale)

    net, outside = Net(), nn.Parameter(torch.ones(1))

    def train() -> None:
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(20):
            optimizer.zero_grad()
            (net(torch.randn(8, 4)) + outside).square().mean().backward()
            optimizer.step()

    record = watch(train, net)
    (event,) = record.named("lone-parameters")
    ((number, module, attribute),) = event.data["held"]
    assert len(event.data["parameters"]) == 2
    assert number in event.data["parameters"]
    assert (record.modules[module].name, attribute) == ("", "parts")

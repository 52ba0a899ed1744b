# SPDX-License-Identifier: Apache-2.0
"""Parameters that a network gets while it is trained, and that no optimizer has."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from .conftest import Watch


def train(net: nn.Sequential, steps: int, extra: str) -> None:
    """Adds a part at the fourth of some steps; `extra` says what becomes of it."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for step in range(steps):
        if step == 3:
            net.append(nn.Linear(4, 4))
            net[-1].requires_grad_(extra != "frozen")
            if extra == "held":
                optimizer.add_param_group({"params": net[-1].parameters()})
        optimizer.zero_grad()
        net(torch.randn(8, 4)).square().mean().backward()
        optimizer.step()
        if extra == "by hand" and step >= 3:
            with torch.no_grad():
                for parameter in net[-1].parameters():
                    assert parameter.grad is not None
                    parameter.sub_(0.1 * parameter.grad)


@pytest.mark.parametrize("extra", ["", "held", "frozen", "by hand"])
def test_a_part_that_comes_later_is_told_where_nothing_trains_it(watch: Watch, extra: str) -> None:
    """Not one that an optimizer was given, that is frozen, or that a script moves itself."""
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
    record = watch(lambda: train(net, 40, extra), net)
    parts: list[dict[str, Any]] = [
        part for e in record.named("unheld-parameters") for part in e.data["parts"]
    ]
    told = [(part["name"], part["tensors"], part["elements"]) for part in parts]
    assert told == ([] if extra else [("2", 2, 20)])


@pytest.mark.parametrize("extra", ["", "held", "frozen", "by hand"])
def test_a_whole_network_beside_the_trained_one_is_told(watch: Watch, extra: str) -> None:
    """With the number of its parameters, where it has a gradient and nothing moves it."""
    encoder, decoder = nn.Linear(4, 4), nn.Linear(4, 1)
    encoder.requires_grad_(extra != "frozen")

    def run() -> None:
        optimizer = torch.optim.SGD(decoder.parameters(), lr=0.1)
        if extra == "held":
            optimizer.add_param_group({"params": encoder.parameters()})
        for _ in range(40):
            optimizer.zero_grad()
            decoder(encoder(torch.randn(8, 4)).tanh()).square().mean().backward()
            optimizer.step()
            if extra == "by hand":
                with torch.no_grad():
                    for parameter in encoder.parameters():
                        assert parameter.grad is not None
                        parameter.sub_(0.1 * parameter.grad)

    record = watch(run, decoder)
    told = [n["elements"] for e in record.named("unheld-networks") for n in e.data["networks"]]
    assert told == ([] if extra else [20])

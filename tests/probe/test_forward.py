# SPDX-License-Identifier: Apache-2.0
"""Every layer of every forward is measured, in whatever order modules call each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module
from torch.nn.modules.module import register_module_forward_pre_hook

from tests.probe.settings import Net, Watch, batch

STEPS = 40


class Recursive(nn.Module):
    """Calls itself from a step on, and a layer after that."""

    def __init__(self, since: int) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(8, 8), nn.Linear(8, 4)
        self.calls, self.since = 0, since

    def forward(self, x: Tensor, inner: bool = False) -> Tensor:
        if inner:
            return x * 2
        self.calls += 1
        x = self.first(x)
        if self.calls > self.since:
            x = self(x, inner=True)
        return self.last(x)


def train(net: nn.Module) -> list[float]:
    """Forty steps on random batches."""
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)
    losses = []
    for _ in range(STEPS):
        x, y = batch()
        loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("since", [0, 25])
def test_a_network_that_calls_itself(watch: Watch, since: int) -> None:
    """Its layers are measured at every step, also where it begins to late."""
    net = Recursive(since)
    record = watch(lambda: train(net), net)
    assert record.named("failure") == ()
    assert record.outputs.step.tolist() == list(range(STEPS))
    rms = record.outputs.values["out_rms"]
    assert rms.shape[1] == 2
    assert np.isfinite(rms).all()
    assert [module.name for module in record.modules] == ["", "first", "last"]
    assert (record.steps["samples"] == 6).all()


class Positions(nn.Module):
    """Pools its features' largest values, and where they are."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(8, 8), nn.Linear(2, 4)

    def forward(self, x: Tensor) -> Tensor:
        values, at = self.first(x).max(dim=1)
        return self.last(torch.stack([values * 2, at.float() / 8], 1))


def test_numbers_that_were_made_of_whole_ones(watch: Watch) -> None:
    """The operation that does it is marked, and no other."""
    net = Positions()
    record = watch(lambda: train(net), net)
    marked = [op.name for op in record.graph if op.arguments.get("from_integers")]
    assert set(marked) == {"float"}


def test_a_users_global_pre_hook(watch: Watch) -> None:
    """It sees as many calls as without the probe, and ours is gone afterwards."""
    seen: list[str] = []
    handle = register_module_forward_pre_hook(lambda module, _: seen.append(type(module).__name__))
    try:
        net = Net()
        train(net)
        bare, seen = seen, []
        watch(lambda: train(net), net)
        assert seen == bare
        assert list(torch_module._global_forward_pre_hooks) == [handle.id]
    finally:
        handle.remove()


def test_a_loss_of_another_line(watch: Watch) -> None:
    """A second `backward` that comes after dozens of steps is a loss of its own."""
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3)

    def steps() -> None:
        for number in range(STEPS):
            x, y = batch()
            optimizer.zero_grad()
            out: Any = net(x)
            if number < STEPS - 5:
                nn.functional.cross_entropy(out, y).backward()
            else:
                out.square().mean().backward()
            optimizer.step()

    record = watch(steps, net)
    assert [loss.kind for loss in record.losses][:1] == ["cross_entropy"]
    assert record.steps["loss_index"].tolist() == [0] * (STEPS - 5) + [1] * 5
    assert np.isfinite(record.steps["loss"]).all()

# SPDX-License-Identifier: Apache-2.0
"""`torch.autograd.grad` is a training's backward where the script applies what it gives itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.probe.conftest import Watch

STEPS = 40


def tensors() -> list[Tensor]:
    """A network of two matrices."""
    torch.manual_seed(0)
    return [(torch.randn(a, b) / a**0.5).requires_grad_() for a, b in ((6, 16), (16, 1))]


def loss_of(weights: list[Tensor]) -> Tensor:
    """On rows drawn anew."""
    x = torch.randn(32, 6)
    return F.mse_loss(torch.tanh(x @ weights[0]) @ weights[1], x[:, :1])


def by_hand(weights: list[Tensor]) -> None:
    """Plain descent."""
    for _ in range(STEPS):
        slopes = torch.autograd.grad(loss_of(weights), weights)
        with torch.no_grad():
            for weight, slope in zip(weights, slopes, strict=True):
                weight -= 0.1 * slope


def test_each_call_is_a_step(watch: Watch) -> None:
    """From the second on, by which the weights have been changed; results are what they were."""
    alone = tensors()
    by_hand(alone)
    watched = tensors()
    record = watch(lambda: by_hand(watched))
    assert all(torch.equal(a, b) for a, b in zip(alone, watched, strict=True))
    assert all(weight.grad is None for weight in watched)
    losses = record.steps.numbers("loss")
    assert len(losses) == STEPS - 1
    assert losses[-5:].mean() < losses[:5].mean()
    assert {p.shape for p in record.parameters} == {(6, 16), (16, 1)}
    assert not record.named("failure")


def looked_at(weights: list[Tensor]) -> None:
    """A kernel of tangents: nothing is changed."""
    for _ in range(STEPS):
        torch.autograd.grad(loss_of(weights), weights)


def input_only(weights: list[Tensor]) -> None:
    """A picture that is moved up a slope."""
    x = torch.randn(4, 6, requires_grad=True)
    for _ in range(STEPS):
        (slope,) = torch.autograd.grad((x @ weights[0]).sum(), x)
        with torch.no_grad():
            x += 0.1 * slope


def inner(weights: list[Tensor]) -> None:
    """An inner step whose result is thrown away."""
    for _ in range(STEPS):
        slopes = torch.autograd.grad(loss_of(weights), weights)
        fast = [w - 0.1 * s for w, s in zip(weights, slopes, strict=True)]
        torch.autograd.grad(loss_of(fast), fast)


@pytest.mark.parametrize("use", [looked_at, input_only, inner])
def test_what_trains_nothing_is_no_step(watch: Watch, use: Callable[[list[Tensor]], None]) -> None:
    """No loss is recorded."""
    weights = tensors()
    record = watch(lambda: use(weights))
    assert len(record.steps.numbers("loss")) == 0
    assert not record.named("failure")


def test_beside_an_optimizer_it_is_none(watch: Watch) -> None:
    """A look at the slopes in each step of a usual loop changes nothing of what is recorded."""
    torch.manual_seed(0)
    net = nn.Linear(6, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        for _ in range(STEPS):
            x = torch.randn(32, 6)
            torch.autograd.grad(F.mse_loss(net(x), x[:, :1]), list(net.parameters()))
            optimizer.zero_grad()
            F.mse_loss(net(x), x[:, :1]).backward()
            optimizer.step()

    record = watch(train, net)
    assert len(record.steps.numbers("loss")) == STEPS
    assert (record.steps.numbers("backwards") == 1).all()

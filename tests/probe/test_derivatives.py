# SPDX-License-Identifier: Apache-2.0
"""A derivative of a derivative that is taken without a graph in each step is told once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.probe.conftest import Watch

STEPS = 25
SCRIPT = """
def force(energy: Tensor, places: Tensor) -> Tensor:
    ones: List[Optional[Tensor]] = [torch.ones_like(energy)]
    found = torch.autograd.grad([energy], [places], ones)[0]
    assert found is not None
    return found
"""


def slope(u: Tensor, x: Tensor, keep: bool) -> Tensor:
    """du/dx, as a term that can be trained or as plain numbers."""
    return torch.autograd.grad(u.sum(), x, create_graph=keep, retain_graph=True)[0]


def second(net: nn.Module, x: Tensor) -> Tensor:
    """The fault: u'' as plain numbers."""
    return slope(slope(net(x), x, True), x, False)


def third(net: nn.Module, x: Tensor) -> Tensor:
    """The same one order on."""
    return slope(slope(slope(net(x), x, True), x, True), x, False)


def first(net: nn.Module, x: Tensor) -> Tensor:
    """An adversarial input."""
    return net(x + 0.1 * slope(net(x), x, False))


def trained(net: nn.Module, x: Tensor) -> Tensor:
    """As it is meant, and measured once more."""
    bent = slope(slope(net(x), x, True), x, True)
    return bent + slope(slope(net(x), x, True), x, False)


def logged(net: nn.Module, x: Tensor) -> Tensor:
    """Measured now and then."""
    return second(net, x) if torch.rand(()) < 0.3 else net(x)


def target(net: nn.Module, x: Tensor) -> Tensor:
    """Of a known curve."""
    return net(x) - slope(slope(x.sin(), x, True), x, False)


def hessian(net: nn.Module, x: Tensor) -> Tensor:
    """A product with the Hessian of the parameters."""
    weight = next(net.parameters())
    slopes = torch.autograd.grad(net(x).pow(2).mean(), weight, create_graph=True)[0]
    return net(x) + torch.autograd.grad(slopes.sum(), weight)[0].mean()


@pytest.mark.parametrize(
    ("term", "order"),
    [
        (second, 2),
        (third, 3),
        (first, 0),
        (trained, 0),
        (logged, 0),
        (target, 0),
        (hessian, 0),
    ],
)
def test_the_last_derivative_of_an_equation(
    watch: Watch, term: Callable[[nn.Module, Tensor], Tensor], order: int
) -> None:
    """Its order is told; of what has a reason nothing is."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)

    def train() -> None:
        for _ in range(STEPS):
            x = torch.rand(6, 1, requires_grad=True)
            loss = term(net, x).pow(2).mean() + net(x).pow(2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    record = watch(train, net)
    found = [event.data for event in record.named("derivative-without-graph")]
    assert [event["order"] for event in found] == ([order] if order else [])
    for event in found:
        assert str(event["file"]).endswith("test_derivatives.py")
        assert event["parameters"]
    assert not record.named("failure")


def test_torchscript_still_knows_the_function(watch: Watch) -> None:
    """Forces are often scripted; a wrapper in Python can't be."""
    net = nn.Linear(1, 1)
    watch(lambda: net(torch.ones(1, 1)).sum().backward(), net)
    assert getattr(torch.autograd.grad, "__backprobe__", False)
    places = torch.arange(3.0, requires_grad=True)
    found = torch.jit.CompilationUnit(SCRIPT).force(places.pow(2).sum(), places)
    assert torch.equal(found, 2 * places)

# SPDX-License-Identifier: Apache-2.0
"""Treatments of activations, dropout, norms and weights do what editing the model would."""

from __future__ import annotations

import pickle

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from .conftest import Treat
from .nets import classifier, data, net, train


class Functional(nn.Module):
    """Functional activations of three spellings, a gate, and a sigmoid at the output."""

    def __init__(self, relu: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b, self.c = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.gate, self.head = nn.Linear(8, 8), nn.Linear(8, 1)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        """Hidden, hidden, in place, gated, squashed."""
        if self.relu:
            x = functional.relu(self.a(x))
            x = functional.relu(self.b(x))
            x = functional.relu(self.c(x))
        else:
            x = torch.sigmoid(self.a(x))
            x = self.b(x).tanh()
            x = functional.elu(self.c(x))
        x = x * torch.sigmoid(self.gate(x))
        return torch.sigmoid(self.head(x))


def test_modules_are_swapped(treat: Treat) -> None:
    """A network of sigmoids trains as the one of ReLUs does, bit for bit."""
    expected = train(classifier(nn.ReLU))
    treat("swap-activation=relu")
    assert train(classifier(nn.Sigmoid)) == expected


def test_functions_are_swapped_and_gates_are_not(treat: Treat) -> None:
    """Methods and functions count; what multiplies, and what ends the model, stays."""
    x, _ = data()
    expected = Functional(relu=True)(x)
    treat("swap-activation=relu")
    assert torch.equal(Functional()(x), expected)


def test_a_swap_to_what_is_there_is_refused(
    treat: Treat, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says that nothing was changed."""
    applied = treat("swap-activation=sigmoid")
    classifier()(data()[0])
    assert "sigmoid already" in applied.points.report.refused["swap-activation=sigmoid"]
    assert "is not applied" in capsys.readouterr().err


def test_activations_are_added_between_layers(treat: Treat) -> None:
    """Only between layers, not after the last."""
    x, _ = data()
    expected = net(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))(x)
    applied = treat("add-activation=relu")
    model = net(nn.Linear(6, 8), nn.Linear(8, 3))
    assert torch.equal(model(x), expected)
    pickle.dumps(model)
    applied.undo()
    assert not any(layer._forward_hooks for layer in model)


def test_dropout_off_is_a_network_without(treat: Treat) -> None:
    """The same losses as with p=0."""
    expected = train(classifier(nn.ReLU))
    treat("dropout=off")
    layers = [nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.9), nn.Linear(16, 16), nn.ReLU()]
    assert train(net(*layers, nn.Linear(16, 3))) == expected


def test_dropout_is_added_where_there_is_none(treat: Treat) -> None:
    """Train mode becomes random, eval mode does not."""
    treat("dropout=0.5")
    model, (x, _) = classifier(nn.ReLU), data()
    assert not torch.equal(model(x), model(x))
    model.eval()
    assert torch.equal(model(x), model(x))


def test_added_norms_normalise_and_are_trained(treat: Treat) -> None:
    """Each hidden layer's output has mean 0 and std 1; the optimizer moves scale and shift."""
    applied = treat("batchnorm=on")
    model, (x, _) = classifier(), data()
    train(model)
    out = model[0](x)
    assert out.mean(0).abs().max() < 0.5
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm1d)]
    assert len(norms) == 2
    assert all((norm.weight != 1).any() for norm in norms)
    applied.undo()
    assert not any(isinstance(m, nn.BatchNorm1d) for m in model.modules())


def test_he_is_drawn_by_what_follows(treat: Treat) -> None:
    """sqrt(2 / fan_in) before a ReLU, less at the output; the random stream stays."""
    applied = treat("initialize=he")
    model = net(nn.Linear(500, 400), nn.ReLU(), nn.Linear(400, 300), nn.Tanh(), nn.Linear(300, 300))
    before = [layer.weight.detach().clone() for layer in model[::2]]
    state = torch.random.get_rng_state()
    model(torch.randn(8, 500, generator=torch.Generator().manual_seed(0)))
    assert torch.equal(torch.random.get_rng_state(), state)
    stds = [float(layer.weight.detach().std()) for layer in model[::2]]
    expected = [(2 / 500) ** 0.5, (2 / 700) ** 0.5, (1 / 300) ** 0.5]
    assert stds == pytest.approx(expected, rel=0.02)
    applied.undo()
    assert all(torch.equal(layer.weight, w) for layer, w in zip(model[::2], before, strict=True))


def test_a_network_of_bare_tensors_is_drawn_before_its_first_step(treat: Treat) -> None:
    """Glorot's scheme on what is no vector; the step itself changes nothing; it can be undone."""
    applied = treat("initialize=he")
    weight = torch.zeros(40, 60, requires_grad=True)
    bias = torch.full((60,), 0.5, requires_grad=True)
    optimizer = torch.optim.SGD([weight, bias], lr=1.0)
    (torch.randn(5, 40) @ weight + bias).square().sum().backward()
    optimizer.step()
    assert float(weight.detach().std()) == pytest.approx((2 / 100) ** 0.5, rel=0.1)
    assert torch.equal(bias, torch.full((60,), 0.5))
    drawn = weight.detach().clone()
    optimizer.zero_grad()
    (torch.randn(5, 40) @ weight + bias).square().sum().backward()
    optimizer.step()
    assert not torch.equal(weight, drawn)
    applied.undo()
    assert torch.equal(weight, torch.zeros(40, 60))


def test_lsuv_makes_layers_of_unit_variance(treat: Treat) -> None:
    """After the first forward each layer's output has variance 1."""
    treat("initialize=lsuv")
    model, (x, _) = classifier(nn.ReLU), data()
    model(x)
    assert float(model[0](x).detach().std()) == pytest.approx(1.0, abs=0.05)
    assert float(model[:3](x).detach().std()) == pytest.approx(1.0, abs=0.05)

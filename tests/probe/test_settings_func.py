# SPDX-License-Identifier: Apache-2.0
"""Training through `torch.func`, higher derivatives and functions of one's own, as people do it.

Each runs once bare and once watched and must agree bit for bit; warnings are errors, as in all
tests here. What the transforms run is not looked into, which is said; what is trained beside them
through an ordinary backward is recorded as ever.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from tests.probe.settings import Net, Training, Watch, batch, twice

Made = tuple[Training, list[nn.Module]]
BLIND = "torch.func"


def small() -> nn.Sequential:
    """A network without a BatchNorm, which `torch.func` refuses to update."""
    return nn.Sequential(nn.Linear(8, 12), nn.Tanh(), nn.Linear(12, 4))


def test_a_loop_of_pure_functions(watch: Watch) -> None:
    """JAX-like: parameters are a dict, `grad_and_value` gives the step, nothing has a `.grad`."""

    def make() -> Made:
        net = small()
        parameters = {k: v.detach() for k, v in net.named_parameters()}

        def loss_of(parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
            return F.cross_entropy(torch.func.functional_call(net, parameters, (x,)), y)

        step = torch.func.grad_and_value(loss_of)

        def train() -> Any:
            nonlocal parameters
            losses = []
            for _ in range(6):
                gradients, loss = step(parameters, *batch())
                parameters = {k: v - 0.1 * gradients[k] for k, v in parameters.items()}
                losses.append(loss.item())
            return losses, {k: v.tolist() for k, v in parameters.items()}

        return train, [net]

    record = twice(watch, make).record
    assert len(record.steps) == 0
    spots = " ".join(record.blind_spots)
    assert BLIND in spots
    assert "no backward pass ran" in spots
    assert "nothing was trained" not in spots


def test_meta_learning(watch: Watch) -> None:
    """MAML: inner steps through `torch.func.grad`, an ordinary outer backward and Adam."""

    def make() -> Made:
        net = small()
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)

        def loss_of(parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
            return F.cross_entropy(torch.func.functional_call(net, parameters, (x,)), y)

        def train() -> Any:
            losses = []
            for _ in range(5):
                parameters: dict[str, Tensor] = dict(net.named_parameters())
                for _ in range(2):
                    inner = torch.func.grad(loss_of)(parameters, *batch())
                    parameters = {k: v - 0.1 * inner[k] for k, v in parameters.items()}
                loss = loss_of(parameters, *batch())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, [net]

    found = twice(watch, make)
    record = found.record
    assert np.allclose(record.steps["loss"], found.watched, rtol=1e-5)
    assert record.losses[0].kind == "cross_entropy"
    assert (record.parameters_series.values["update_rms"] > 0).all()
    assert any(BLIND in spot for spot in record.blind_spots)


def test_an_ensemble_in_one_vmap(watch: Watch) -> None:
    """`stack_module_state` and `vmap` over models; the stacked tensors are what Adam moves."""

    def make() -> Made:
        nets = [small() for _ in range(3)]
        stacked, buffers = torch.func.stack_module_state(nets)
        base = small().to("meta")
        optimizer = torch.optim.Adam(stacked.values(), lr=1e-2)

        def one(parameters: Any, buffers: Any, x: Tensor) -> Tensor:
            return torch.func.functional_call(base, (parameters, buffers), (x,))

        def train() -> Any:
            losses = []
            for _ in range(5):
                x, y = batch()
                scores = torch.func.vmap(one, (0, 0, None))(stacked, buffers, x)
                loss = F.cross_entropy(scores.flatten(0, 1), y.repeat(3))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, []

    found = twice(watch, make)
    record = found.record
    assert np.allclose(record.steps["loss"], found.watched, rtol=1e-5)
    assert {p.shape for p in record.parameters} >= {(3, 12, 8), (3, 4, 12)}
    trained = [p.index for p in record.parameters if p.optimizer >= 0]
    assert len(trained) == 4
    assert all((record.parameters_series.of("grad_rms", k) > 0).all() for k in trained)


def test_derivatives_of_a_network(watch: Watch) -> None:
    """Jacobians, Hessians and forward-mode products beside the training of the same network."""

    with warnings.catch_warnings():  # torch's own, the first time that it takes such a product
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.func.jvp(torch.tanh, (torch.ones(1),), (torch.ones(1),))

    def make() -> Made:
        net = small()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def train() -> Any:
            found = []
            for _ in range(4):
                x, y = batch()
                jacobian = torch.func.vmap(torch.func.jacrev(net))(x)
                tangent = torch.func.jvp(net, (x,), (torch.ones_like(x),))[1]
                bend = torch.func.hessian(lambda one: net(one).sum())(x[0])
                loss = F.cross_entropy(net(x), y) + 0.01 * jacobian.square().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                found.append([loss.item(), tangent.sum().item(), bend.sum().item()])
            return found

        return train, [net]

    found = twice(watch, make)
    record = found.record
    assert np.allclose(record.steps["loss"], [row[0] for row in found.watched], rtol=1e-5)
    assert record.losses[0].terms == 2
    assert {place.name for place in record.places} == {"0", "1", "2"}


def test_a_gradient_penalty(watch: Watch) -> None:
    """WGAN-GP: `autograd.grad` with a graph inside the loss, then a backward through it."""

    def make() -> Made:
        net = small()
        optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)

        def train() -> Any:
            losses = []
            for _ in range(5):
                x = batch()[0].requires_grad_()
                scores = net(x).mean(1)
                (slope,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
                loss = scores.mean() + 10 * (slope.norm(dim=1) - 1).square().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, [net]

    found = twice(watch, make)
    assert np.allclose(found.record.steps["loss"], found.watched, rtol=1e-5)
    assert found.record.steps["backwards"].tolist() == [1] * 5


class Clamp(torch.autograd.Function):
    """A straight-through estimator in the newer style, which `vmap` and `grad` can go through."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.clamp(-1, 1)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # noqa: ARG004
        return grad


class Quantized(nn.Module):
    """A network with a straight-through clamp, and a buffer that it moves itself."""

    seen: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.net = Net()
        self.scale = nn.Parameter(torch.ones(4))
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        return Clamp.apply(self.net(x)) * self.scale  # type: ignore[no-untyped-call]


def test_a_function_of_ones_own_in_both_worlds(watch: Watch) -> None:
    """The same custom function in an ordinary training and under `vmap` of `grad`."""

    def make() -> Made:
        net = Quantized()
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)

        def train() -> Any:
            found = []
            for _ in range(5):
                x, y = batch()
                loss = F.cross_entropy(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                each = torch.func.vmap(torch.func.grad(lambda row: Clamp.apply(row).sum()))(x)  # type: ignore[no-untyped-call]
                found.append([loss.item(), each.sum().item()])
            return found, net.seen.item()

        return train, [net]

    found = twice(watch, make)
    record = found.record
    assert np.allclose(record.steps["loss"], [row[0] for row in found.watched[0]], rtol=1e-5)
    scale = next(p for p in record.parameters if p.name == "scale")
    assert (record.parameters_series.of("update_rms", scale.index) > 0).all()


def test_everything_by_hand(watch: Watch) -> None:
    """Momentum in a dict, `no_grad` updates, gradients set to None, batches out of NumPy."""

    def make() -> Made:
        net = Net()
        rng = np.random.default_rng(0)
        data = rng.normal(size=(60, 8)).astype(np.float32)
        labels = data[:, :4].argmax(1)
        speed = {p: torch.zeros_like(p) for p in net.parameters()}

        def train() -> Any:
            losses = []
            for _ in range(2):
                order = rng.permutation(60)
                for start in range(0, 60, 12):
                    rows = order[start : start + 12]
                    loss = F.cross_entropy(
                        net(torch.tensor(data[rows])), torch.tensor(labels[rows])
                    )
                    loss.backward()
                    with torch.no_grad():
                        for p in net.parameters():
                            assert p.grad is not None
                            speed[p].mul_(0.9).add_(p.grad)
                            p.sub_(0.05 * speed[p])
                            p.grad = None
                    losses.append(loss.item())
            return losses

        return train, [net]

    found = twice(watch, make)
    record = found.record
    assert np.allclose(record.steps["loss"], found.watched, rtol=1e-5)
    assert (record.parameters_series.values["update_rms"] > 0).any(axis=0).all()
    assert any("no optimizer stepped" in spot for spot in record.blind_spots)
    assert sum(record.losses[0].target["classes"]) == 120

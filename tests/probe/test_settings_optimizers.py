# SPDX-License-Identifier: Apache-2.0
"""How weights are moved: accumulation, clipping, closures, several optimizers, none at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from backprobe.records import Record
from tests.probe.settings import Net, Training, Watch, batch, twice

Made = tuple[Training, list[nn.Module]]


def total_norm(net: nn.Module) -> float:
    """The global L2 norm of a network's gradients."""
    return float(nn.utils.get_total_norm([p.grad for p in net.parameters() if p.grad is not None]))


def test_accumulation(watch: Watch) -> None:
    """One row a step: its mean loss over the micro-batches, the gradient of their sum."""
    norms: list[float] = []
    losses: list[float] = []

    def make() -> Made:
        net = Net()
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)

        def train() -> Any:
            norms.clear()
            losses.clear()
            for _ in range(4):
                optimizer.zero_grad()
                for _ in range(3):
                    x, y = batch()
                    loss = F.cross_entropy(net(x), y)
                    losses.append(loss.item())
                    (loss / 3).backward()
                norms.append(total_norm(net))
                optimizer.step()
            return losses[:]

        return train, [net]

    steps = twice(watch, make).record.steps
    assert steps["backwards"].tolist() == [3, 3, 3, 3]
    assert np.allclose(steps["loss"], np.array(losses).reshape(4, 3).mean(1), rtol=1e-5)
    assert np.allclose(steps["grad_norm"], norms, rtol=1e-5)
    assert steps["samples"].tolist() == [6, 6, 6, 6]


@pytest.mark.parametrize("generator", [False, True])
def test_clipping(watch: Watch, generator: bool) -> None:
    """The norm before and the limit; by value also the share that was cut of what is not zero."""
    seen: dict[str, list[float]] = {"norm": [], "share": []}

    def make() -> Made:
        net = Net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def parameters() -> Any:
            return net.parameters() if generator else list(net.parameters())

        def train() -> Any:
            for values in seen.values():
                values.clear()
            losses = []
            for step in range(6):
                x, y = batch()
                loss = F.cross_entropy(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                seen["norm"].append(total_norm(net))
                if step < 2:
                    nn.utils.clip_grad_norm_(parameters(), max_norm=0.5)
                elif step == 2:  # in two halves
                    norm = nn.utils.get_total_norm([p.grad for p in parameters()])
                    nn.utils.clip_grads_with_norm_(parameters(), 0.5, norm)
                else:
                    flat = torch.cat([p.grad.flatten() for p in net.parameters()])  # type: ignore[union-attr]
                    flat = flat[flat != 0]
                    seen["share"].append(float((flat.abs() > 0.02).double().mean()))
                    nn.utils.clip_grad_value_(parameters(), 0.02)
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, [net]

    steps = twice(watch, make).record.steps
    assert np.allclose(steps["clip_norm"], seen["norm"], rtol=1e-5)
    assert np.allclose(steps["clip_limit"], [0.5] * 3 + [0.02] * 3)
    assert (steps["grad_norm"][:3] <= 0.5 + 1e-4).all()  # what the optimizer got
    assert np.allclose(steps["clip_share"][3:], seen["share"], rtol=1e-5)
    assert 0 < seen["share"][0] < 1


def test_lbfgs(watch: Watch) -> None:
    """A step with a closure is one row: its backward passes, its last gradients, its update."""

    def make() -> Made:
        net = nn.Sequential(nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 1))
        optimizer = torch.optim.LBFGS(net.parameters(), max_iter=4, line_search_fn="strong_wolfe")
        x = torch.randn(20, 8)
        y = x[:, :1] * 2

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = F.mse_loss(net(x), y)
            loss.backward()
            return loss

        return lambda: [optimizer.step(closure).item() for _ in range(3)], [net]

    record = twice(watch, make).record
    assert record.steps["step"].tolist() == [0, 1, 2]
    assert (record.steps["backwards"] > 1).all()
    assert np.isfinite(record.parameters_series.values["grad_rms"]).all()
    assert (record.parameters_series.values["update_rms"] > 0).all()
    assert record.optimizers[0].type == "LBFGS"


def test_gan(watch: Watch) -> None:
    """Two networks, two optimizers, two losses: each step names its own of each."""

    class Generator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2), nn.Linear(16, 8))

        def forward(self, z: Tensor) -> Tensor:
            return self.net(z)

    class Discriminator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(8, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x)

    def make() -> Made:
        maker, critic = Generator(), Discriminator()
        for_maker = torch.optim.Adam(maker.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for_critic = torch.optim.Adam(critic.parameters(), lr=1e-4, betas=(0.5, 0.999))
        criterion = nn.BCEWithLogitsLoss()

        def train() -> Any:
            losses = []
            for _ in range(5):
                real, fake = torch.randn(6, 8), maker(torch.randn(6, 4))
                for_critic.zero_grad()
                one, zero = torch.ones(6, 1), torch.zeros(6, 1)
                loss = criterion(critic(real), one) + criterion(critic(fake.detach()), zero)
                loss.backward()
                for_critic.step()
                for_maker.zero_grad()
                tricked = criterion(critic(fake), one)
                tricked.backward()
                for_maker.step()
                losses += [loss.item(), tricked.item()]
            return losses

        return train, [maker, critic]

    found = twice(watch, make)
    record = found.record
    assert record.steps["optimizer"].tolist() == [0, 1] * 5
    assert record.steps["loss_index"].tolist() == [0, 1] * 5
    assert np.allclose(record.steps["loss"], found.watched, rtol=1e-5)
    assert np.allclose(record.steps["lr"], [1e-4, 2e-4] * 5)
    assert (record.steps["carried"][2:] == 0).all()
    owners = {p.index: p.optimizer for p in record.parameters}
    roots = {m.index: m.root for m in record.modules}
    assert sorted(owners.values()) == [0] * 4 + [1] * 4
    assert len(set(roots.values())) == 2
    assert {loss.kind for loss in record.losses} == {"bce_with_logits"}


def test_two_optimizers_for_one_backward(watch: Watch) -> None:
    """One row, with the gradients and updates of both."""

    def make() -> Made:
        net = Net()
        head = torch.optim.SGD(net.head.parameters(), lr=0.1)
        rest = torch.optim.Adam([p for n, p in net.named_parameters() if "head" not in n], lr=1e-3)

        def train() -> Any:
            losses = []
            for _ in range(4):
                x, y = batch()
                loss = F.cross_entropy(net(x), y)
                net.zero_grad()
                loss.backward()
                head.step()
                rest.step()
                losses.append(loss.item())
            return losses

        return train, [net]

    record = twice(watch, make).record
    assert record.steps["backwards"].tolist() == [1, 1, 1, 1]
    assert (record.parameters_series.values["update_rms"] > 0).all()
    assert {p.optimizer for p in record.parameters} == {0, 1}


def test_optimizer_in_backward(watch: Watch) -> None:
    """One optimizer a parameter, stepped from its own hook: one row a backward, all updates."""

    def make() -> Made:
        net = Net()
        each = {p: torch.optim.Adam([p], lr=1e-2) for p in net.parameters()}

        def step(parameter: Tensor) -> None:
            each[parameter].step()  # type: ignore[index]
            each[parameter].zero_grad()  # type: ignore[index]

        for parameter in net.parameters():
            parameter.register_post_accumulate_grad_hook(step)

        def train() -> Any:
            losses = []
            for _ in range(5):
                x, y = batch()
                loss = F.cross_entropy(net(x), y)
                loss.backward()
                losses.append(loss.item())
            return losses

        return train, [net]

    found = twice(watch, make)
    record = found.record
    assert record.steps["backwards"].tolist() == [1] * 5
    assert np.allclose(record.steps["loss"], found.watched, rtol=1e-5)
    series = record.parameters_series
    assert len(series.index) == len(record.parameters)
    assert (series.values["update_rms"] > 0).all()
    assert (np.nan_to_num(series.values["grad_rms"]) > 0).all()


def test_subclass_that_calls_super(watch: Watch) -> None:
    """`super().step()` of an optimizer that is hooked twice is one step."""

    class Decayed(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.data.mul_(1 - 0.01)
            return super().step(closure)

    def make() -> Made:
        net = Net()
        optimizer = Decayed(net.parameters(), lr=0.1)

        def train() -> Any:
            losses = []
            for _ in range(4):
                x, y = batch()
                loss = F.cross_entropy(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, [net]

    record = twice(watch, make).record
    assert len(record.steps) == 4
    assert record.optimizers[0].type == "Decayed"
    assert (record.parameters_series.values["update_rms"] > 0).all()


def test_optimizer_of_ones_own(watch: Watch) -> None:
    """A class that is no torch optimizer moves weights: each backward is a step with its update."""

    class Lion:
        def __init__(self, parameters: Any, lr: float) -> None:
            self.parameters, self.lr = list(parameters), lr
            self.momenta = [torch.zeros_like(p) for p in self.parameters]

        @torch.no_grad()
        def step(self) -> None:
            for p, m in zip(self.parameters, self.momenta, strict=True):
                p.add_(torch.sign(0.9 * m + 0.1 * p.grad), alpha=-self.lr)
                m.lerp_(p.grad, 0.01)

        def zero_grad(self) -> None:
            for p in self.parameters:
                p.grad = None

    def make() -> Made:
        net = Net()
        optimizer = Lion(net.parameters(), 1e-3)

        def train() -> Any:
            losses = []
            for _ in range(4):
                x, y = batch()
                loss = F.cross_entropy(net(x), y)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                losses.append(loss.item())
            return losses

        return train, [net]

    record = twice(watch, make).record
    assert len(record.steps) == 4
    updates = record.parameters_series.values["update_rms"]
    assert np.isclose(np.median(updates), 1e-3, rtol=1e-2)
    assert (updates > 0).all()
    assert any("no optimizer" in spot for spot in record.blind_spots)


def test_updates_by_hand_from_autograd_grad(watch: Watch) -> None:
    """`torch.autograd.grad` is a backward pass where nothing else trains, but for the first."""

    def make() -> Made:
        net = nn.Linear(8, 4)

        def train() -> Any:
            losses = []
            for _ in range(4):
                x, y = batch()
                loss = F.cross_entropy(net(x), y)
                gradients = torch.autograd.grad(loss, list(net.parameters()))
                with torch.no_grad():
                    for parameter, gradient in zip(net.parameters(), gradients, strict=True):
                        parameter.sub_(0.1 * gradient)
                losses.append(loss.item())
            return losses

        return train, [net]

    record = twice(watch, make).record
    assert not any("no backward" in spot for spot in record.blind_spots)
    assert len(record.modules) == 1
    assert record.steps.numbers("backwards").tolist() == [1.0] * 3


def test_parameters_added_and_replaced_while_training(watch: Watch) -> None:
    """A group that is added, a head that is swapped and weights whose memory moves are followed."""

    def make() -> Made:
        net = Net()
        optimizer = torch.optim.SGD(net.stem.parameters(), lr=0.1)

        def train() -> Any:
            losses = []
            for step in range(8):
                if step == 2:
                    optimizer.add_param_group({"params": list(net.head.parameters()), "lr": 0.01})
                loss = None  # with the graph go the old sizes that autograd has noted
                if step == 4:  # pruned to half: other memory, other size
                    net.head.weight.grad = net.head.bias.grad = None
                    net.head.weight.data = net.head.weight.data[:2].clone()
                    net.head.bias.data = net.head.bias.data[:2].clone()
                if step == 6:
                    optimizer.zero_grad()
                    net.to(torch.float64)
                x, y = batch(classes=2)
                loss = F.cross_entropy(net(x.to(net.stem.weight.dtype)), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, [net]

    record = twice(watch, make).record
    head = next(p.index for p in record.parameters if p.name == "head.weight")
    stem = next(p.index for p in record.parameters if p.name == "stem.weight")
    rms = record.parameters_series.of("grad_rms", head)
    assert np.isnan(rms[:2]).all()
    assert (rms[2:] > 0).all()
    assert (record.parameters_series.of("update_rms", stem) > 0).all()


def test_resumed_training(watch: Watch, tmp_path: Path) -> None:
    """Weights loaded over the init are told by name; the optimizer's own step count is kept."""

    def step_of(net: nn.Module, optimizer: torch.optim.Optimizer) -> float:
        x, y = batch()
        loss = F.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    torch.manual_seed(1)
    old = Net()
    before = torch.optim.AdamW(old.parameters(), lr=1e-3)
    for _ in range(7):
        step_of(old, before)
    torch.save({"net": old.state_dict(), "optimizer": before.state_dict()}, tmp_path / "a.pt")

    def make() -> Made:
        net = Net()
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)

        def train() -> Any:
            saved = torch.load(tmp_path / "a.pt")
            net.load_state_dict(saved["net"])
            optimizer.load_state_dict(saved["optimizer"])
            return [step_of(net, optimizer) for _ in range(3)]

        return train, [net]

    record = twice(watch, make).record
    (loaded,) = record.named("loaded")
    assert set(loaded.data["parameters"]) == {p.name for p in record.parameters}
    (resumed,) = record.named("resumed")
    assert resumed.data == {"step": 7, "optimizer": "AdamW"}
    assert record.steps["step"].tolist() == [7, 8, 9]
    assert record.batches["step"].tolist() == [7, 8, 9]
    assert record.parameters_series.step.tolist() == [7, 8, 9]
    weight = next(p for p in record.parameters if p.name == "head.weight")
    assert weight.initial["std"] == pytest.approx(
        float(old.head.weight.detach().std(unbiased=False)), rel=0.2
    )


def test_partly_loaded_weights(watch: Watch) -> None:
    """A fine-tuned backbone under a fresh head: only what was loaded is told."""

    def make() -> Made:
        donor, net = Net(), Net()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

        def train() -> Any:
            state = {k: v for k, v in donor.state_dict().items() if not k.startswith("head")}
            net.load_state_dict(state, strict=False)
            x, y = batch()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            return loss.item()

        return train, [net]

    (loaded,) = twice(watch, make).record.named("loaded")
    assert "stem.weight" in loaded.data["parameters"]
    assert not any(name.startswith("head") for name in loaded.data["parameters"])
    assert loaded.data["missing"] == ["head.weight", "head.bias"]


def test_threads_that_train_two_models(watch: Watch) -> None:
    """The thread that trained first is followed; the other trains on as if nobody looked."""

    def one(seed: int, results: dict[int, Any], turn: Callable[[], Any]) -> None:
        generator = torch.Generator().manual_seed(seed)
        net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.uniform_(-0.3, 0.3, generator=generator)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        losses = []
        for _ in range(6):
            turn()
            x = torch.randn(6, 8, generator=generator)
            y = torch.randint(0, 4, (6,), generator=generator)
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        results[seed] = losses

    def train() -> dict[int, Any]:
        results: dict[int, Any] = {}
        barrier = threading.Barrier(2)
        other = threading.Thread(target=one, args=(2, results, barrier.wait))
        other.start()
        one(1, results, barrier.wait)
        other.join()
        return results

    bare = train()
    watched: list[Any] = []
    record: Record = watch(lambda: watched.append(train()))
    assert watched == [bare]
    assert [e.data for e in record.named("failure")] == []
    followed = [np.allclose(record.steps["loss"], losses, rtol=1e-5) for losses in bare.values()]
    assert sorted(followed) == [False, True]  # whichever came first
    assert any("thread" in spot for spot in record.blind_spots)

# SPDX-License-Identifier: Apache-2.0
"""What the record says of trainings as people write them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from backprobe.records import Record

Watch = Callable[..., Record]


class Net(nn.Module):
    """Functional activations, a reused one, a declared but unused layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.fc1 = nn.Linear(4 * 6 * 6, 16)
        self.spare = nn.Linear(3, 3)
        self.fc2 = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv(x))
        x = torch.sigmoid(self.fc1(x.flatten(1)))
        return self.fc2(x)


def batches(count: int = 6, size: int = 32) -> DataLoader[tuple[Tensor, ...]]:
    """A loader of random images of five classes."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(count * size, 1, 8, 8, generator=generator)
    y = torch.randint(0, 5, (count * size,), generator=generator)
    return DataLoader(TensorDataset(x, y), batch_size=size, shuffle=True)


def test_a_plain_training(watch: Watch) -> None:
    """Steps, losses, structure, places, sources, batch facts and an evaluation are all there."""
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    losses: list[float] = []
    norms: list[float] = []

    def train() -> None:
        for _ in range(2):
            net.train()
            for x, y in batches():
                optimizer.zero_grad()
                loss = F.cross_entropy(net(x), y)
                loss.backward()
                losses.append(loss.item())
                norms.append(
                    float(
                        nn.utils.get_total_norm(
                            [p.grad for p in net.parameters() if p.grad is not None]
                        )
                    )
                )
                optimizer.step()
            net.eval()
            with torch.no_grad():
                for x, _ in batches(2):
                    net(x)

    record = watch(train, net)
    assert record.damage == ()
    assert not record.named("failure")
    assert record.steps["step"].tolist() == list(range(12))
    assert np.allclose(record.steps["loss"], losses, rtol=1e-6)
    assert np.allclose(record.steps["grad_norm"], norms, rtol=1e-5)
    assert np.allclose(record.steps["lr"], 0.1)
    assert (record.steps["samples"] == 32).all()
    assert (record.steps["carried"][1:] == 0).all()
    names = [module.name for module in record.modules]
    assert names == ["", "conv", "fc1", "spare", "fc2"]
    assert [p.name for p in record.parameters][:2] == ["conv.weight", "conv.bias"]
    called = {module.name: module.calls for module in record.modules}
    assert called["spare"] == 0
    assert called["conv"] == 1
    places = {(place.name, place.activation) for place in record.places}
    assert {("conv", ""), ("", "relu"), ("", "sigmoid"), ("fc1", ""), ("fc2", "")} <= places
    relu = next(place for place in record.places if place.activation == "relu")
    assert relu.functional
    assert relu.source is not None
    assert "F.relu" in relu.source.text
    sigmoid = next(place for place in record.places if place.activation == "sigmoid")
    feeding = [record.places[k].name for k in sigmoid.inputs]
    assert feeding == ["fc1"]
    conv = record.module("conv")
    assert conv is not None
    assert conv.source is not None
    assert conv.source.text == "self.conv = nn.Conv2d(1, 4, 3)"
    assert conv.settings["out_channels"] == 4
    loss = record.losses[0]
    assert (loss.kind, loss.classes, loss.before) == ("cross_entropy", 5, ())
    assert loss.source is not None
    assert loss.source.text == "loss = F.cross_entropy(net(x), y)"
    assert sum(loss.target["classes"]) == 12 * 32
    assert record.optimizers[0].type == "SGD"
    assert record.optimizers[0].groups[0]["momentum"] == 0.9
    assert len(record.evaluations) == 2
    assert (record.evaluations["batches"] == 2).all()
    assert (record.evaluations["training"] == 0).all()
    assert np.isfinite(record.evaluations["loss"]).all()
    assert np.isfinite(record.evaluations["accuracy"]).all()
    spare = next(p.index for p in record.parameters if p.name == "spare.weight")
    assert np.isnan(record.parameters_series.of("grad_rms", spare)).all()
    weight = next(p.index for p in record.parameters if p.name == "fc2.weight")
    assert (record.parameters_series.of("update_rms", weight) > 0).all()
    assert record.parameters[weight].initial["distinct_rows"] == 5


@pytest.mark.parametrize(
    ("loss_of", "kind", "before"),
    [
        (lambda o, y: F.cross_entropy(o, y), "cross_entropy", ()),
        (lambda o, y: F.cross_entropy(o.softmax(1), y), "cross_entropy", ("softmax",)),
        (lambda o, y: F.nll_loss(F.log_softmax(o, 1), y), "cross_entropy", ()),
        (lambda o, y: F.nll_loss(o, y), "nll", ()),
        (lambda o, y: F.nll_loss(o.softmax(1), y), "nll", ("softmax",)),
        (lambda o, y: F.cross_entropy(F.log_softmax(o, 1), y), "cross_entropy", ("log_softmax",)),
        (lambda o, y: 3 * F.cross_entropy(o, y) / 7, "cross_entropy", ()),
        (lambda o, y: F.cross_entropy(o, y) + 0.01 * o.pow(2).mean(), "cross_entropy", ()),
        (lambda o, y: -(o.softmax(1).log()[range(len(y)), y]).mean(), "cross_entropy", ()),
        (lambda o, y: F.mse_loss(o, F.one_hot(y, 5).float()), "mse", ()),
        (lambda o, y: ((o - F.one_hot(y, 5)) ** 2).mean(), "mse", ()),
        (lambda o, y: (o - F.one_hot(y, 5)).abs().mean(), "l1", ()),
        (lambda o, y: F.mse_loss(o.sigmoid(), F.one_hot(y, 5).float()), "mse", ("sigmoid",)),
        (
            lambda o, y: F.binary_cross_entropy(o.sigmoid(), F.one_hot(y, 5).float()),
            "bce",
            ("sigmoid",),
        ),
        (
            lambda o, y: F.binary_cross_entropy_with_logits(o.sigmoid(), F.one_hot(y, 5).float()),
            "bce_with_logits",
            ("sigmoid",),
        ),
        (lambda o, y: F.smooth_l1_loss(o, F.one_hot(y, 5).float()), "smooth_l1", ()),
        (lambda o, _: o.exp().mean(), "custom", ("exp",)),
    ],
)
def test_loss_kinds(
    watch: Watch, loss_of: Callable[[Tensor, Tensor], Tensor], kind: str, before: tuple[str, ...]
) -> None:
    """A loss is known by what it computes, built in or hand-written, whatever it is scaled by."""
    net = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 5))
    optimizer = torch.optim.Adam(net.parameters())
    x, y = torch.randn(16, 6), torch.randint(0, 5, (16,))

    def train() -> None:
        for _ in range(2):
            optimizer.zero_grad()
            loss = loss_of(net(x), y)
            loss.backward()
            optimizer.step()

    record = watch(train, net)
    assert not record.named("failure")
    assert (record.losses[0].kind, record.losses[0].before) == (kind, before)
    assert record.losses[0].source is not None
    assert "loss_of" in record.losses[0].source.text


@pytest.mark.parametrize("hand", [True, False])
def test_broadcast_shows_in_the_loss_shape(watch: Watch, hand: bool) -> None:
    """(N, 1) against (N,) is told by a loss over N x N elements."""
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    x, y = torch.randn(16, 3), torch.randn(16)

    def train() -> None:
        out = net(x)
        if hand:
            loss = ((out - y) ** 2).mean()
        else:
            with pytest.warns(UserWarning, match="target size"):
                loss = F.mse_loss(out, y)
        loss.backward()
        optimizer.step()

    loss = watch(train, net).losses[0]
    assert loss.kind == "mse"
    assert loss.loss_shape == (16, 16)
    assert loss.output_shape == (16, 1)


def test_forgotten_zero_grad(watch: Watch) -> None:
    """Gradients that nobody clears are carried; clearing any way people do it is seen."""
    net = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    x, y = torch.randn(8, 4), torch.randint(0, 2, (8,))

    def loop(clear: Callable[[], None]) -> Callable[[], None]:
        def train() -> None:
            for _ in range(4):
                F.cross_entropy(net(x), y).backward()
                optimizer.step()
                clear()

        return train

    def by_hand() -> None:
        for p in net.parameters():
            p.grad.zero_()  # type: ignore[union-attr]

    carried = watch(loop(lambda: None), net).steps["carried"]
    assert (carried[1:] == 1).all()
    ways = (
        optimizer.zero_grad,
        net.zero_grad,
        by_hand,
        lambda: optimizer.zero_grad(set_to_none=False),
    )
    for way in ways:
        assert (watch(loop(way), net).steps["carried"][1:] == 0).all()


def test_two_networks_clear_their_own_gradients(watch: Watch) -> None:
    """In a GAN the generator's backward fills the critic's gradients: nothing is carried."""
    maker, critic = nn.Linear(2, 3), nn.Linear(3, 1)
    first = torch.optim.Adam(critic.parameters())
    second = torch.optim.Adam(maker.parameters())

    def train() -> None:
        for _ in range(4):
            first.zero_grad()
            (
                critic(torch.randn(8, 3)).mean() - critic(maker(torch.randn(8, 2)).detach()).mean()
            ).backward()
            first.step()
            second.zero_grad()
            (-critic(maker(torch.randn(8, 2))).mean()).backward()
            second.step()

    record = watch(train, maker, critic)
    carried = record.steps["carried"]
    assert len(record.optimizers) == 2
    assert (carried[2:] == 0).all()


def test_accumulation_is_one_step(watch: Watch) -> None:
    """Micro-batches count as backward passes of one step, and the loss is given undivided."""
    net = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    losses: list[float] = []

    def train() -> None:
        for _ in range(3):
            for _ in range(4):
                loss = F.cross_entropy(net(torch.randn(8, 4)), torch.randint(0, 2, (8,)))
                losses.append(loss.item())
                (loss / 4).backward()
            optimizer.step()
            optimizer.zero_grad()

    steps = watch(train, net).steps
    assert steps["step"].tolist() == [0, 1, 2]
    assert steps["backwards"].tolist() == [4, 4, 4]
    assert np.allclose(steps["loss"], np.array(losses).reshape(3, 4).mean(1), rtol=1e-5)


def test_no_optimizer(watch: Watch) -> None:
    """A hand-written update makes each backward a step, with named leaves and real updates."""
    weight = torch.zeros(3, requires_grad=True)
    x = torch.randn(20, 3)
    y = x @ torch.tensor([1.0, -2.0, 0.5])

    def train() -> None:
        for _ in range(5):
            loss = ((x @ weight - y) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                weight.sub_(0.1 * weight.grad)  # type: ignore[operator]
                weight.grad.zero_()  # type: ignore[union-attr]

    record = watch(train)
    assert len(record.steps) == 5
    assert [p.name for p in record.parameters] == ["weight"]
    updates = record.parameters_series.of("update_rms", 0)
    assert (updates > 0).all()
    assert any("no optimizer" in text for text in record.blind_spots)


def test_step_never_called(watch: Watch) -> None:
    """Without `optimizer.step()` the backward passes are steps in which no weight moves."""
    net = nn.Linear(4, 2)

    def train() -> None:
        for _ in range(6):
            F.cross_entropy(net(torch.randn(8, 4)), torch.randint(0, 2, (8,))).backward()

    record = watch(train, net)
    assert len(record.steps) == 6
    assert (record.parameters_series.values["update_rms"] == 0).all()


def test_lbfgs(watch: Watch) -> None:
    """A closure runs many backward passes in one step; gradients and updates are still read."""
    net = nn.Linear(3, 1)
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=5)
    x, y = torch.randn(30, 3), torch.randn(30, 1)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        return loss

    record = watch(lambda: [optimizer.step(closure) for _ in range(3)], net)
    assert len(record.steps) == 3
    assert (record.steps["backwards"] > 1).any()
    assert np.isfinite(record.parameters_series.values["grad_rms"]).all()
    assert (record.parameters_series.of("update_rms", 0)[:1] > 0).all()


def test_nan_gradient(watch: Watch) -> None:
    """Non-finite gradients are counted and do not hide the finite part."""
    net = nn.Linear(4, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        out = net(torch.randn(8, 4))
        mask = torch.ones(4)
        mask[0] = float("inf")
        (out * mask).sum().backward()
        optimizer.step()

    series = watch(train, net).parameters_series
    share = series.of("grad_nonfinite", 0)[0]
    assert share == 0.25
    assert np.isfinite(series.of("grad_rms", 0)[0])


def test_eval_mode_training_is_not_an_evaluation(watch: Watch) -> None:
    """A network trained in eval mode after a first epoch in train mode still trains."""
    net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        for step in range(6):
            if step == 2:
                net.eval()
            optimizer.zero_grad()
            F.cross_entropy(net(torch.randn(8, 4)), torch.randint(0, 2, (8,))).backward()
            optimizer.step()

    record = watch(train, net)
    assert record.steps["training"].tolist() == [1, 1, 0, 0, 0, 0]


def test_encoder_called_through_a_method_keeps_its_full_name(watch: Watch) -> None:
    """`model.encode(x)` calls a submodule only: it is still named as part of the model."""

    class Auto(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(nn.Linear(6, 3), nn.Tanh())
            self.decoder = nn.Linear(3, 6)

        def encode(self, x: Tensor) -> Tensor:
            return self.encoder(x)

    holder: list[Auto] = []

    def train() -> None:
        net = Auto()
        holder.append(net)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        x = torch.randn(8, 6)
        for _ in range(2):
            optimizer.zero_grad()
            F.mse_loss(net.decoder(net.encode(x)), x).backward()
            optimizer.step()

    record = watch(train)
    assert {p.name for p in record.places} == {"encoder.0", "encoder.1", "decoder"}


def test_transformer_from_the_library(watch: Watch) -> None:
    """A random-init transformers model with keyword inputs: names, activations and a target."""
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    config = BertConfig(  # type: ignore[call-arg]
        vocab_size=50,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=16,
        num_labels=3,
    )
    model = BertForSequenceClassification(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def train() -> None:
        for _ in range(3):
            ids = torch.randint(0, 50, (4, 12))
            loss = model(input_ids=ids, labels=torch.randint(0, 3, (4,))).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    record = watch(train, model)
    assert not record.named("failure")
    assert (record.losses[0].kind, record.losses[0].classes) == ("cross_entropy", 3)
    names = {place.name for place in record.places}
    assert "bert.encoder.layer.1.intermediate.dense" in names
    assert any(place.activation == "gelu" for place in record.places)
    assert (record.steps["samples"] == 4).all()
    assert any(operation.name == "cross_entropy" for operation in record.graph)


def test_an_evaluation_on_a_hand_made_batch(watch: Watch) -> None:
    """The loss that a script computes under no_grad is seen by its name, and so is the accuracy."""
    torch.manual_seed(0)
    net = nn.Linear(4, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x, y = torch.randn(40, 4), torch.randint(0, 3, (40,))
    told: list[tuple[float, float]] = []
    before = F.cross_entropy

    def train() -> None:
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(net(x[:30]), y[:30]).backward()
            optimizer.step()
            with torch.no_grad():
                out = net(x[30:])
                loss = F.cross_entropy(out, y[30:]).item()
                told.append((loss, (out.argmax(1) == y[30:]).float().mean().item()))

    record = watch(train, net)
    assert F.cross_entropy is before
    assert not record.named("failure")
    assert np.allclose(record.evaluations["loss"], [loss for loss, _ in told], rtol=1e-5)
    assert np.allclose(record.evaluations["accuracy"], [right for _, right in told], rtol=1e-5)


def test_losses_that_take_turns_keep_their_own_index(watch: Watch) -> None:
    """Each step names the loss that it was trained with, also long after the first reads."""
    one, two = nn.Linear(3, 1), nn.Linear(3, 2)
    first = torch.optim.SGD(one.parameters(), lr=0.01)
    second = torch.optim.SGD(two.parameters(), lr=0.01)

    def train() -> None:
        for _ in range(30):
            first.zero_grad()
            one(torch.randn(8, 3)).square().mean().backward()
            first.step()
            second.zero_grad()
            F.cross_entropy(two(torch.randn(8, 3)), torch.randint(0, 2, (8,))).backward()
            second.step()

    record = watch(train, one, two)
    index = record.steps["loss_index"]
    kinds = [record.losses[int(k)].kind for k in index]
    assert kinds == ["custom", "cross_entropy"] * 30


def test_calls_are_counted_in_every_part(watch: Watch) -> None:
    """A model whose parts are called one by one has no part that was never called."""

    class Parts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.decoder = nn.Linear(4, 2), nn.Linear(2, 4)
            self.unused = nn.Linear(2, 2)

    def train() -> None:
        net = Parts()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(2):
            hidden = net.encoder(torch.randn(8, 4))
            out = net.decoder(torch.tanh(hidden)) + net.decoder(hidden)
            optimizer.zero_grad()
            out.square().mean().backward()
            optimizer.step()

    record = watch(train)
    calls = {module.name: module.calls for module in record.modules}
    assert calls["encoder"] == 1
    assert calls["decoder"] >= 1
    assert calls["unused"] == 0


@pytest.mark.parametrize("turned", [False, True])
def test_targets_of_a_hand_written_error(watch: Watch, turned: bool) -> None:
    """Of `(net(x) - y)` neither side is saved, and yet the targets are known."""
    net = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
    x, y = torch.randn(64, 3), torch.randn(64) * 20 + 300

    def train() -> None:
        for _ in range(4):
            out = net(x).squeeze(1)
            optimizer.zero_grad()
            (((y - out) if turned else (out - y)) ** 2).mean().backward()
            optimizer.step()

    record = watch(train, net)
    assert not record.named("failure")
    assert np.isclose(record.losses[0].target["mean"], float(y.mean()), rtol=1e-4)
    assert np.isclose(record.losses[0].target["std"], float(y.std(unbiased=False)), rtol=1e-3)

# SPDX-License-Identifier: Apache-2.0
"""Treatments of the loop, the data and the numerics do what editing the script would."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, TensorDataset

from backprobe.treatments.schedule import factor

from .conftest import Treat
from .nets import classifier, data, net, train


def test_gradients_are_accumulated(treat: Treat) -> None:
    """Two batches of 32 move the weights as one of 64 does."""
    x, y = data()
    expected = classifier(nn.ReLU)
    functional.cross_entropy(expected(x[:64]), y[:64]).backward()
    torch.optim.SGD(expected.parameters(), lr=0.1).step()
    treat("accumulate=2")
    model = classifier(nn.ReLU)
    train(model, rounds=1)
    assert torch.equal(model[0].weight, classifier(nn.ReLU)[0].weight)
    model = classifier(nn.ReLU)
    train(model, rounds=2)
    assert torch.allclose(model[0].weight, expected[0].weight, atol=1e-6)


@pytest.mark.parametrize("name", ["cosine", "warmup-cosine", "onecycle"])
def test_schedules_rise_and_fall(name: str) -> None:
    """The peak is the script's rate, the end is near 0."""
    rates = [factor(name, step, 100) for step in range(101)]
    assert max(rates) == pytest.approx(1.0, abs=0.01)
    assert rates[-1] < 1e-3
    assert (rates[0] < 0.3) == (name != "cosine")


def test_one_cycle_is_torchs() -> None:
    """The same factors as torch's scheduler gives, but for its counting of the last step."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1.0, total_steps=1000, cycle_momentum=False
    )
    for step in range(1000):
        assert factor("onecycle", step, 1000) == pytest.approx(cycle.get_last_lr()[0], abs=0.01)
        optimizer.step()
        cycle.step()


def test_no_schedule_keeps_the_first_rate(treat: Treat) -> None:
    """A decay by the script no longer acts."""
    expected = train(classifier(nn.ReLU))
    treat("schedule=none")
    model = classifier(nn.ReLU)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    decay = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.1)
    x, y = data()
    found = []
    for number in range(8):
        rows = slice(32 * (number % 3), 32 * (number % 3) + 32)
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        decay.step()
        found.append(loss.item())
    assert found == expected


def test_a_schedule_over_unknown_steps_is_refused(treat: Treat) -> None:
    """It says what to give."""
    applied = treat("schedule=cosine")
    assert "--steps" in applied.points.report.refused["schedule=cosine"]


def test_a_sweep_raises_the_rate(treat: Treat) -> None:
    """From low to high over the steps; a second group keeps its share."""
    treat("lr-sweep=0.001:10:5")
    model = classifier(nn.ReLU)
    groups = [
        {"params": model[0].parameters(), "lr": 0.1},
        {"params": model[2].parameters(), "lr": 0.01},
    ]
    optimizer = torch.optim.SGD(groups)
    rates: list[tuple[float, float]] = []
    optimizer.register_step_pre_hook(
        lambda o, *_: rates.append((o.param_groups[0]["lr"], o.param_groups[1]["lr"]))
    )
    train(model, optimizer, rounds=6)
    wanted = [0.001, 0.01, 0.1, 1.0, 10.0, 10.0]
    assert [first for first, _ in rates] == pytest.approx(wanted)
    assert [second for _, second in rates] == pytest.approx([rate / 10 for rate in wanted])
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.01]


def test_steps_that_are_not_finite_are_skipped(treat: Treat) -> None:
    """The weights stay finite, and the next step is made."""
    treat("skip-nonfinite-steps")
    model = classifier(nn.ReLU)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = model[0].weight.detach().clone()
    (model(data()[0]).sum() * math.nan).backward()
    optimizer.step()
    assert torch.equal(model[0].weight, before)
    train(model, optimizer, rounds=1)
    assert (model[0].weight != before).any()
    assert torch.isfinite(model[0].weight).all()


def test_all_regularisation_goes(treat: Treat) -> None:
    """Dropout, weight decay and label smoothing together."""
    expected = train(classifier(nn.ReLU))
    treat("no-regularization")
    layers = [nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 16), nn.ReLU()]
    model = net(*layers, nn.Linear(16, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1)

    def smoothed(output: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(output, target, label_smoothing=0.2)

    assert train(model, optimizer, loss=smoothed) == expected
    assert optimizer.param_groups[0]["weight_decay"] == 0.1


class Cut(nn.Module):
    """Layers that a `detach` or `.data` cuts off."""

    def __init__(self, way: str) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b, self.way = nn.Linear(6, 8), nn.Linear(8, 3), way

    def forward(self, x: Tensor) -> Tensor:
        """Cut in one of three ways."""
        x = torch.tanh(self.a(x))
        if self.way == "detach":
            x = x.detach()
        elif self.way == "data":
            x = x.data
        elif self.way == "no_grad":
            with torch.no_grad():
                x = x + 0.0
        elif self.way == "decorated":
            x = self.same(x)
        return self.b(x)

    @torch.no_grad()
    def same(self, x: Tensor) -> Tensor:
        """What it is given."""
        return x + 0.0


@pytest.mark.parametrize("way", ["detach", "data"])
def test_gradients_pass_what_cuts_them(treat: Treat, way: str) -> None:
    """The losses are those of the model without the cut."""
    expected = train(Cut(""))
    assert train(Cut(way)) != expected
    treat("ignore-detach")
    assert train(Cut(way)) == expected
    with torch.no_grad():
        assert not Cut(way)(data()[0]).requires_grad


@pytest.mark.parametrize("way", ["no_grad", "decorated"])
def test_gradients_stay_on_in_a_forward(treat: Treat, way: str) -> None:
    """The losses are those of the model without it; an evaluation has no gradients still."""
    expected = train(Cut(""))
    assert train(Cut(way)) != expected
    treat("ignore-no-grad")
    assert train(Cut(way)) == expected
    with torch.no_grad():
        assert not Cut(way)(data()[0]).requires_grad


def test_an_output_that_is_detached_still_becomes_an_array(treat: Treat) -> None:
    """`output.detach().numpy()` is what scripts write for their metrics."""
    treat("ignore-detach")
    assert Cut("detach")(data()[0]).detach().numpy().shape == (96, 3)


def test_masks_are_turned_round(treat: Treat) -> None:
    """Attention sees what the mask hid, and the other way round."""
    torch.manual_seed(0)
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    x = torch.randn(3, 5, 8)
    mask = torch.zeros(3, 5, dtype=torch.bool)
    mask[:, 3:] = True
    expected = attention(x, x, x, key_padding_mask=~mask)[0]
    treat("invert-mask")
    assert torch.allclose(attention(x, x, x, key_padding_mask=mask)[0], expected)
    full = torch.zeros(3, 5, dtype=torch.bool)
    assert torch.isfinite(attention(x, x, x, key_padding_mask=full)[0]).all()


@pytest.mark.parametrize(
    "loss",
    [
        lambda o, t: -(t * torch.log(torch.sigmoid(o * 300))).mean(),
        lambda o, t: ((o - o.detach() + 0 * t) ** 2).sum(1).sqrt().mean(),
        lambda o, t: ((o - t) / (t - t)).abs().mean(),
        lambda o, t: (
            (torch.exp(o * 100) / torch.exp(o * 100).sum(1, keepdim=True) - t).abs().mean()
        ),
    ],
    ids=["log", "sqrt", "division", "exp"],
)
def test_functions_stay_in_their_domain(treat: Treat, loss: Any) -> None:
    """Loss and gradients are finite where they were not."""
    target = functional.one_hot(data()[1], 3).float()

    def gradients() -> Tensor:
        model = classifier(nn.ReLU)
        value = loss(model(data()[0] * 10), target)
        value.backward()
        return torch.stack([value.detach(), *(p.grad.abs().sum() for p in model.parameters())])

    assert not torch.isfinite(gradients()).all()
    treat("guard-numerics")
    assert torch.isfinite(gradients()).all()


def test_the_optimizers_own_roots_are_in_their_domain(treat: Treat) -> None:
    """Adam takes the root of 0 where no gradient ever came, and adds its own epsilon."""

    def losses() -> list[float]:
        model = classifier(nn.ReLU)
        with torch.no_grad():
            model[0].bias[:4] = -1000.0
        return train(model, torch.optim.Adam(model.parameters(), lr=0.01, foreach=False))

    expected = losses()
    applied = treat("guard-numerics")
    assert losses() == expected
    assert not applied.points.report.applied


def test_an_activation_is_added_at_the_output(treat: Treat) -> None:
    """Raw scores become logarithms of probabilities, in training and in evaluation."""
    expected = train(classifier(nn.ReLU))
    treat("add-output-activation=log_softmax")
    model = classifier(nn.ReLU)
    assert train(model, loss=functional.nll_loss) == pytest.approx(expected)
    with torch.no_grad():
        assert torch.allclose(model(data()[0]).exp().sum(1), torch.ones(96))


def test_an_activation_that_is_there_is_not_added(treat: Treat) -> None:
    """It says so."""
    applied = treat("add-output-activation=softmax")
    classifier(nn.ReLU, nn.Softmax(1))(data()[0])
    assert "already" in applied.points.report.refused["add-output-activation=softmax"]


def test_inputs_are_scaled(treat: Treat) -> None:
    """In training and evaluation alike."""
    model, (x, _) = classifier(), data()
    expected = model(x / 100)
    treat("scale-inputs=0.01")
    assert torch.allclose(model(x), expected)


class Noisy:
    """A random transform."""

    def __call__(self, x: Tensor) -> Tensor:
        """With noise."""
        return x + torch.randn_like(x)


class Chain:
    """What torchvision's `Compose` is."""

    def __init__(self, *steps: Any) -> None:
        self.transforms = list(steps)

    def __call__(self, x: Tensor) -> Tensor:
        """One step after another."""
        for step in self.transforms:
            x = step(x)
        return x


class Rows(Dataset[Tensor]):
    """Rows with a transform, as torchvision's data sets have."""

    def __init__(self, transform: Any) -> None:
        self.transform = transform

    def __len__(self) -> int:
        """Eight."""
        return 8

    def __getitem__(self, index: int) -> Tensor:
        """Zeros but for the transform."""
        return self.transform(torch.zeros(3))


def test_random_transforms_are_left_out(treat: Treat) -> None:
    """Fixed steps stay; all is put back."""
    applied = treat("bypass-augmentation")
    rows = Rows(Chain(Noisy(), lambda x: x + 2))
    steps = list(rows.transform.transforms)
    served = torch.cat(list(DataLoader(rows, batch_size=4)))
    assert (served == 2).all()
    assert "Noisy" in applied.points.report.applied["bypass-augmentation"]
    applied.undo()
    assert rows.transform.transforms == steps


def test_loaders_are_passed_again(treat: Treat) -> None:
    """Each epoch has thrice the batches, evaluation as many as before."""
    treat("train-longer=3")
    x, y = data()
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
    held = DataLoader(TensorDataset(x, y), batch_size=32)
    model = classifier(nn.ReLU)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        batches = 0
        for a, b in loader:
            optimizer.zero_grad()
            functional.cross_entropy(model(a), b).backward()
            optimizer.step()
            batches += 1
        assert batches == 9
        with torch.no_grad():
            assert sum(1 for _ in held) == 3


BY_HAND = """
import torch
from torch import nn
x = torch.randn(64, 4)
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
steps = 0
def step(rows):
    optimizer.zero_grad()
    model(rows).pow(2).mean().backward()
    optimizer.step()
for epoch in range(3):
    for start in range(0, 64, 16):
        step(x[start:start + 16])
        steps += 1
    for _ in range(2):
        pass
print(steps, epoch, len(list(range(4))))
"""


def test_loops_by_hand_go_on(tmp_path: Path) -> None:
    """The outermost loop around the training only."""
    (tmp_path / "train.py").write_text(BY_HAND)
    words = [sys.executable, "-m", "backprobe", "run", "--treat", "train-longer=5", "train.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["60", "14", "4"]

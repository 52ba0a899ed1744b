# SPDX-License-Identifier: Apache-2.0
"""check: healthy networks pass without a warning, and each fault is told by the check that is its.

Every subject is really trained for the experiments; nothing is made up.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

from backprobe.experiments.check import check
from backprobe.report.checks import CheckTable, render
from tests.experiments.nets import classifier, loader, rows

SECONDS = 90.0
"""A loaded machine needs more than the default; no test here takes a tenth of it on a quiet one."""


def checked(
    model: nn.Module, batches: Any, loss: Any = None, rate: float = 1e-3, **more: Any
) -> CheckTable:
    """The table of a model under Adam."""
    optimizer = torch.optim.Adam(model.parameters(), rate)
    return check(model, loss or nn.CrossEntropyLoss(), batches, optimizer, seconds=SECONDS, **more)


class Images(nn.Module):
    """A small CNN with batch norm and dropout."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.drop = nn.Dropout(0.3)
        self.out = nn.Linear(8 * 16, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(torch.relu(self.norm(self.conv(x))), 2)
        return self.out(self.drop(x.flatten(1)))


def images(count: int = 512) -> tuple[Tensor, Tensor]:
    """Noise with a bright quarter; which one is the class."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(count, 1, 8, 8, generator=generator) * 0.5
    y = torch.randint(0, 4, (count,), generator=generator)
    for row, label in enumerate(y.tolist()):
        x[
            row, 0, 4 * (label // 2) : 4 * (label // 2) + 4, 4 * (label % 2) : 4 * (label % 2) + 4
        ] += 1
    return x, y


def quiet(table: CheckTable) -> None:
    """No warning, no failure."""
    bad = [(one.name, one.status, one.message) for one in table if one.status in ("warn", "fail")]
    assert bad == [], str(table)


def test_a_healthy_classifier_passes_and_stays_as_it_was() -> None:
    """All checks are made; weights, optimizer and random streams are untouched."""
    model = classifier()
    before = [one.clone() for one in model.parameters()]
    torch.manual_seed(3)
    state = torch.get_rng_state()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    x, y = rows(seed=9)
    table = check(
        model,
        nn.CrossEntropyLoss(),
        loader(),
        optimizer,
        val_loader=[(x, y)],
        seconds=SECONDS,
    )
    quiet(table)
    skipped = [one.name for one in table if one.status == "skipped"]
    assert skipped == [], str(table)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert torch.equal(state, torch.get_rng_state())
    assert not optimizer.state
    assert table.ok
    assert table["initial-loss"].measured == pytest.approx(1.1, abs=0.2)
    answer = json.loads(json.dumps(table.answer()))
    assert CheckTable.of(answer).answer() == answer
    assert "initial-loss" in render(table)


def test_healthy_images_with_batch_norm_and_dropout() -> None:
    """Two modes, a frame of noise, four classes."""
    x, y = images()
    quiet(checked(Images(), DataLoader(TensorDataset(x, y), 32, shuffle=True)))


def test_a_healthy_regression() -> None:
    """Standardised targets; the loss is found by itself."""
    x, _ = rows()
    y = torch.sin(x[:, :1] * 2) + x[:, 1:2]
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 1))
    table = check(model, None, DataLoader(TensorDataset(x, y), 32, shuffle=True), seconds=SECONDS)
    quiet(table)
    assert table["learning-rate"].status == "skipped"


def test_a_healthy_model_of_letters() -> None:
    """Whole-number inputs have no scale and no gradient; nothing is made of that."""
    generator = torch.Generator().manual_seed(2)
    text = torch.randint(0, 6, (256, 1), generator=generator)
    text = (text + torch.arange(13)) % 6

    class Letters(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.embed = nn.Embedding(6, 16)
            self.cell = nn.GRU(16, 24, batch_first=True)
            self.out = nn.Linear(24, 6)

        def forward(self, x: Tensor) -> Tensor:
            return self.out(self.cell(self.embed(x))[0]).transpose(1, 2)

    table = checked(
        Letters(), DataLoader(TensorDataset(text[:, :-1], text[:, 1:]), 16, shuffle=True)
    )
    quiet(table)
    assert table["sample-independence"].status == "pass"


def _nonfinite() -> tuple[nn.Module, Any]:
    x, y = rows()
    x[3, 2] = float("nan")
    return classifier(), DataLoader(TensorDataset(x, y), 32)


def _unscaled() -> tuple[nn.Module, Any]:
    x, y = rows()
    return classifier(), DataLoader(TensorDataset(x * 100 + 500, y), 32, shuffle=True)


def _one_large_feature() -> tuple[nn.Module, Any]:
    x, y = rows()
    x[:, 3] *= 1000
    return classifier(), DataLoader(TensorDataset(x, y), 32, shuffle=True)


def _sorted() -> tuple[nn.Module, Any]:
    x, y = rows()
    order = y.argsort()
    return classifier(), DataLoader(TensorDataset(x[order], y[order]), 32)


def _one_class() -> tuple[nn.Module, Any]:
    x, y = rows()
    return classifier(), DataLoader(TensorDataset(x, y * 0 + 1), 32, shuffle=True)


def _copies() -> tuple[nn.Module, Any]:
    x, y = rows(128)
    return classifier(), DataLoader(TensorDataset(x.repeat(4, 1), y.repeat(4)), 32, shuffle=True)


def _twin_features() -> tuple[nn.Module, Any]:
    x, y = rows()
    x[:, 7] = x[:, 2]
    return classifier(), DataLoader(TensorDataset(x, y), 32, shuffle=True)


def _alike() -> tuple[nn.Module, Any]:
    model = classifier()
    for one in model.parameters():
        nn.init.constant_(one, 0.05)
    return model, loader()


def _huge_weights() -> tuple[nn.Module, Any]:
    model = classifier()
    with torch.no_grad():
        for one in model.parameters():
            one.mul_(30)
    return model, loader()


def _deep_sigmoids() -> tuple[nn.Module, Any]:
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Linear(8, 16), nn.Sigmoid()]
    for _ in range(10):
        layers += [nn.Linear(16, 16), nn.Sigmoid()]
    return nn.Sequential(*layers, nn.Linear(16, 3)), loader()


def _leaking() -> tuple[nn.Module, Any]:
    class Leak(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = classifier()

        def forward(self, x: Tensor) -> Tensor:
            return self.body(x).softmax(0)

    return Leak(), loader()


def _always_dropping() -> tuple[nn.Module, Any]:
    class Drop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = classifier()

        def forward(self, x: Tensor) -> Tensor:
            return self.body(F.dropout(x, 0.3))

    return Drop(), loader()


def _blind() -> tuple[nn.Module, Any]:
    x, _ = rows()
    y = torch.randint(0, 3, (512,), generator=torch.Generator().manual_seed(7))
    return classifier(), DataLoader(TensorDataset(x, y), 32, shuffle=True)


def _cut() -> tuple[nn.Module, Any]:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = classifier()

        def forward(self, x: Tensor) -> Tensor:
            return self.body(x).detach().requires_grad_()

    return Cut(), loader()


FAULTS: dict[str, tuple[Any, str, str]] = {
    "nonfinite": (_nonfinite, "finite-data", "fail"),
    "unscaled": (_unscaled, "input-scale", "warn"),
    "one large feature": (_one_large_feature, "feature-scales", "warn"),
    "sorted": (_sorted, "order", "warn"),
    "one class": (_one_class, "class-balance", "fail"),
    "copies": (_copies, "duplicate-rows", "warn"),
    "twins": (_twin_features, "duplicated-features", "warn"),
    "alike": (_alike, "init-symmetry", "fail"),
    "huge weights": (_huge_weights, "initial-loss", "warn"),
    "deep sigmoids": (_deep_sigmoids, "init-signal", "warn"),
    "leaking": (_leaking, "sample-independence", "fail"),
    "always dropping": (_always_dropping, "eval-mode", "warn"),
    "cut": (_cut, "gradient-flow", "fail"),
    "chance": (_blind, "zero-inputs", "warn"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told(fault: str) -> None:
    """By the check that is about it, with something measured and something to do."""
    make, name, status = FAULTS[fault]
    model, batches = make()
    table = checked(model, batches)
    found = table[name]
    assert found.status == status, str(table)
    assert found.measured is not None
    assert found.message


def test_a_network_that_has_not_begun_to_learn_accuses_no_labels() -> None:
    """After so few steps it does no better on the rows that it is trained on, either."""

    class Faint(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = classifier()

        def forward(self, x: Tensor) -> Tensor:
            return 1e-3 * self.body(x)

    found = checked(Faint(), loader())["zero-inputs"]
    assert found.status == "skipped"
    assert "has not learned from the inputs" in found.message


def test_a_loss_that_falls_is_not_called_wrong() -> None:
    """Squared errors of probabilities, the Brier score, may be what one wants."""
    x, y = rows()
    model = nn.Sequential(classifier(), nn.Softmax(1))
    batches = DataLoader(TensorDataset(x, F.one_hot(y, 3).float()), 32, shuffle=True)
    assert checked(model, batches, nn.MSELoss(), 3e-3)["architecture"].status == "pass"


def test_rows_drawn_with_replacement_are_no_copies() -> None:
    """A sampler that balances classes serves the rare rows again and again, on purpose."""
    x, y = rows()
    sampler = WeightedRandomSampler(torch.where(y == 0, 20.0, 1.0).tolist(), len(y))
    batches = DataLoader(TensorDataset(x, y), 32, sampler=sampler)
    model = classifier()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    table = check(model, nn.CrossEntropyLoss(), batches, optimizer, seconds=1.0)
    assert table["duplicate-rows"].status == "skipped", str(table)


def test_tokens_of_a_sequence_may_be_in_order() -> None:
    """Sequences are drawn at random; that the next token is like the last is what is learned."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 9, (200, 12), generator=generator).sort(1).values
    batches = [(part, part.flatten()) for part in ids.split(20)]
    model = nn.Sequential(nn.Embedding(9, 8), nn.Linear(8, 9), nn.Flatten(0, 1))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    table = check(model, nn.CrossEntropyLoss(), batches, optimizer, seconds=1.0)
    assert table["order"].status == "skipped", str(table)


def test_a_rate_that_is_far_off() -> None:
    """A rate of 30 fails and one of 1e-8 warns, with the suggestion."""
    high = checked(classifier(), loader(), rate=30.0)["learning-rate"]
    low = checked(classifier(), loader(), rate=1e-8)["learning-rate"]
    assert (high.status, low.status) == ("fail", "warn")
    assert 1e-3 < high.evidence["suggestion"] < 0.5
    assert "Try" in high.message


def test_rows_that_are_judged_by_are_trained_on() -> None:
    """A tenth of them is enough to fail."""
    x, y = rows()
    table = checked(classifier(), loader(), val_loader=[(x[:100], y[:100])])
    assert table["overlap"].status == "fail"


def test_what_is_no_network_or_no_loader() -> None:
    """The error says what was given and what was expected."""
    with pytest.raises(TypeError, match="model is str"):
        check("model", None, loader())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs batches"):
        check(classifier())
    with pytest.raises(ValueError, match="gives no batch"):
        check(classifier(), None, [])

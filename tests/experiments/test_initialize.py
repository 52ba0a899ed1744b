# SPDX-License-Identifier: Apache-2.0
"""initialize: the scheme by what really follows, and what is left alone."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backprobe.experiments.initialize import initialize


class Mixed(nn.Module):
    """Activations as functions, as methods and as modules, not in the order of registration."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(256, 10)
        self.first = nn.Conv2d(1, 64, 3)
        self.second = nn.Conv2d(64, 64, 3, stride=4)
        self.act = nn.GELU()
        self.third = nn.Linear(64 * 7 * 7, 256)
        self.norm = nn.BatchNorm2d(64)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.first(x))
        x = torch.tanh(self.norm(self.second(x)))
        x = self.act(self.third(x.flatten(1)))
        return self.last(x)


def test_the_scheme_is_chosen_by_what_follows() -> None:
    """He before ReLU and GELU, Glorot before tanh, LeCun at the output; measured on the weights."""
    torch.manual_seed(0)
    model = Mixed()
    table = initialize(model, (torch.randn(4, 1, 32, 32), torch.zeros(4).long()))
    found = {one.name: (one.scheme, one.following) for one in table}
    assert found == {
        "first": ("He", "relu"),
        "second": ("Glorot", "tanh after a norm"),
        "third": ("He", "gelu"),
        "last": ("LeCun", "nothing (output)"),
    }
    fan = {"first": 9, "third": 64 * 49}
    for name, inputs in fan.items():
        weight = model.get_parameter(f"{name}.weight").detach()
        assert float(weight.std()) == pytest.approx(math.sqrt(2 / inputs), rel=0.1)
    assert float(model.last.weight.detach().std()) == pytest.approx(1 / 16, rel=0.1)
    assert not model.first.bias.any()  # type: ignore[union-attr]
    assert "Glorot" in str(table)
    assert "fan_in" in str(table)


def test_the_signal_keeps_its_size_through_twelve_layers() -> None:
    """With PyTorch's default it shrinks a thousandfold and more; afterwards it does not."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for _ in range(12):
        layers += [nn.Linear(256, 256), nn.ReLU()]
    model = nn.Sequential(*layers)
    x = torch.randn(64, 256)
    default = float(model(x).std(0).mean().detach())
    initialize(model, x)
    assert default < 1e-3
    assert 0.2 < float(model(x).std(0).mean().detach()) < 3.0


def test_nothing_else_changes() -> None:
    """Running statistics, mode, frozen weights and hooks stay; the forward draws no numbers."""
    model = Mixed()
    model.third.weight.requires_grad_(False)
    frozen = model.third.weight.clone()
    statistics = model.norm.running_mean.clone()  # type: ignore[union-attr]
    calls: list[int] = []
    model.register_forward_hook(lambda *_: calls.append(1))
    table = initialize(model, torch.randn(4, 1, 32, 32))
    assert torch.equal(frozen, model.third.weight)
    assert torch.equal(statistics, model.norm.running_mean)  # type: ignore[arg-type]
    assert model.norm.num_batches_tracked == 0
    assert next(one for one in table if one.name == "third").why == "it is frozen"
    torch.manual_seed(4)
    initialize(model, torch.randn(4, 1, 32, 32))
    first = model.first.weight.clone()
    torch.manual_seed(4)
    initialize(model, torch.randn(4, 1, 32, 32))
    assert torch.equal(first, model.first.weight)


def test_without_a_batch_usual_shapes_are_tried() -> None:
    """And where none fits, that is said, and the registered order is taken."""
    table = initialize(Mixed())
    assert any("(2, 1, 32, 32)" in note for note in table.notes)
    assert [one.name for one in table] == ["first", "second", "third", "last"]

    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = nn.Sequential(nn.Linear(7, 5), nn.Tanh(), nn.Linear(5, 2))

        def forward(self, x: Tensor, mask: Tensor) -> Tensor:
            return self.body(x * mask)

    odd = initialize(Odd())
    assert [one.scheme for one in odd] == ["Glorot", "LeCun"]
    assert any("Give a batch" in note for note in odd.notes)


def test_a_batch_that_does_not_fit_is_an_error() -> None:
    """The text says what the model said."""
    with pytest.raises(ValueError, match="can't be called on the sample batch"):
        initialize(Mixed(), torch.randn(4, 3, 32, 32))
    with pytest.raises(TypeError, match="model is str"):
        initialize("model")  # type: ignore[arg-type]


def test_a_transformer_keeps_what_is_not_a_plain_layer() -> None:
    """Attention's own projection and embeddings are left; feed-forward layers are drawn."""
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    model = nn.Sequential(nn.Embedding(10, 16), layer, nn.Linear(16, 10))
    embedding = model[0].weight.clone()  # type: ignore[operator]
    found = {one.name: one for one in initialize(model, torch.randint(0, 10, (2, 5)))}
    assert torch.equal(embedding, model[0].weight)  # type: ignore[arg-type]
    assert found["1.linear1"].scheme == "He"
    assert found["2"].scheme == "LeCun"

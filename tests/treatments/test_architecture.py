# SPDX-License-Identifier: Apache-2.0
"""Treatments of norms, sizes and weights do what editing the model would, and are undone."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from .conftest import Treat
from .nets import classifier, data, net, train


def test_layer_norms_are_added_and_trained(treat: Treat) -> None:
    """Each row of a hidden layer's output has mean 0; the optimizer moves scale and shift."""
    applied = treat("layernorm=on")
    model, (x, _) = classifier(), data()
    assert model[0](x).mean(1).abs().max() > 0.1
    train(model)
    norms = [m for m in model.modules() if isinstance(m, nn.LayerNorm)]
    assert len(norms) == 2
    assert all((norm.weight != 1).any() for norm in norms)
    applied.undo()
    assert not any(isinstance(m, nn.LayerNorm) for m in model.modules())


def test_a_convolution_gets_a_norm_over_channels_and_positions(treat: Treat) -> None:
    """One mean and one variance a row."""
    treat("layernorm=on")
    model = net(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
    model(torch.randn(5, 1, 8, 8))
    out = model[0](torch.randn(5, 1, 8, 8) * 9 + 4)
    assert out.mean((1, 2, 3)).abs().max() < 1e-4
    assert (out.var((1, 2, 3)) - 1).abs().max() < 0.02


def test_layer_norms_are_left_out(treat: Treat) -> None:
    """As if they were not there."""
    expected = train(net(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)))
    treat("layernorm=off")
    assert train(net(nn.Linear(6, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 3))) == expected


@pytest.mark.parametrize("value", ["before", "after"])
def test_norm_and_activation_change_places(treat: Treat, value: str) -> None:
    """The losses are those of a model that was written in the other order."""
    norm_first = [nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)]
    norm_last = [nn.Linear(6, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 3)]
    wanted, given = (norm_first, norm_last) if value == "before" else (norm_last, norm_first)
    expected = train(net(*wanted))
    treat(f"norm-order={value}")
    assert train(net(*given)) == expected


def test_an_order_that_is_there_is_refused(treat: Treat) -> None:
    """It says that no pair is to be exchanged."""
    applied = treat("norm-order=before")
    net(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))(data()[0])
    assert "no batch norm stands right after" in applied.points.report.refused["norm-order=before"]


def test_dropout_goes_behind_the_norm(treat: Treat) -> None:
    """Trains as a model with the norm first; the same random numbers are dropped."""

    def layers(*middle: nn.Module) -> Any:
        return net(nn.Linear(6, 8), *middle, nn.ReLU(), nn.Linear(8, 3))

    torch.manual_seed(5)
    expected = _seeded(layers(nn.BatchNorm1d(8), nn.Dropout(0.5)))
    treat("dropout-after-norm")
    found = _seeded(layers(nn.Dropout(0.5), nn.BatchNorm1d(8)))
    assert found == pytest.approx(expected)


def _seeded(model: Any) -> list[float]:
    torch.manual_seed(5)
    return train(model)


def test_dropout_without_a_norm_stays(treat: Treat) -> None:
    """It says so, and nothing is changed."""
    applied = treat("dropout-after-norm")
    net(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3))(data()[0])
    assert "no dropout stands" in applied.points.report.refused["dropout-after-norm"]


def convolutional() -> Any:
    """Convolutions with norms, flattened into linear layers."""
    return net(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * 36, 10),
        nn.LayerNorm(10),
        nn.ReLU(),
        nn.Linear(10, 2),
    )


class Recurrent(nn.Module):
    """Embedding, two LSTM layers, head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(20, 8)
        self.lstm = nn.LSTM(8, 12, num_layers=2, batch_first=True)
        self.head = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Of the last position."""
        return self.head(self.lstm(self.embedding(x))[0][:, -1])


@pytest.mark.parametrize("factor", [0.5, 2.0])
@pytest.mark.parametrize(
    ("make", "x", "sizes"),
    [
        (convolutional, torch.randn(6, 1, 8, 8), [4, 10]),
        (Recurrent, torch.randint(20, (6, 5)), [8, 12]),
        (classifier, data()[0], [16, 16]),
    ],
)
def test_hidden_layers_are_resized_and_trained(
    treat: Treat, make: Callable[[], Any], x: Tensor, sizes: list[int], factor: float
) -> None:
    """Inputs and outputs keep their size, the optimizer made before moves the new weights."""
    model = make()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    applied = treat(f"width={factor}")
    out = model(x)
    assert applied.points.report.refused == {}
    wide = [
        getattr(m, "out_features", None)
        or getattr(m, "out_channels", None)
        or getattr(m, "embedding_dim", None)
        or getattr(m, "hidden_size", None)
        for m in model.modules()
        if isinstance(m, (nn.Linear, nn.Conv2d, nn.Embedding, nn.LSTM))
    ]
    assert wide == [*(round(size * factor) for size in sizes), out.shape[1]]
    kept = [p.detach().clone() for p in model.parameters()]
    functional.cross_entropy(out, torch.zeros(len(x), dtype=torch.long)).backward()
    optimizer.step()
    assert all((p != k).any() for p, k in zip(model.parameters(), kept, strict=True) if p.dim() > 1)
    applied.undo()
    after = model.state_dict()
    assert {k: v.shape for k, v in after.items()} == {k: v.shape for k, v in before.items()}
    assert all(torch.equal(value, before[key]) for key, value in after.items() if value.dim() > 1)
    model(x)


def test_new_weights_keep_the_law_of_the_old(treat: Treat) -> None:
    """Their std is that of the script's initialisation at the new fan-in."""
    treat("width=4")
    model = net(nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 3))
    before = float(model[2].weight.detach().std())
    model(torch.randn(4, 100))
    assert model[2].weight.shape == (400, 400)
    assert float(model[2].weight.detach().std()) == pytest.approx(before / 2, rel=0.05)


class Written(nn.Module):
    """Its forward has a size written into it."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Reshaped by hand."""
        return self.b(torch.relu(self.a(x)).view(-1, 8))


def test_sizes_that_are_written_into_a_forward_are_told(treat: Treat) -> None:
    """The model is left as it was."""
    applied = treat("width=1.5")
    model = Written()
    model(data()[0])
    assert "doesn't run so" in applied.points.report.refused["width=1.5"]
    assert model.a.weight.shape == (8, 6)


def test_the_head_gets_other_outputs(treat: Treat) -> None:
    """Its bias too, and the optimizer moves them."""
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    applied = treat("head-size=5")
    target = data()[1] + 2
    train(model, optimizer, target=target)
    assert model[4].weight.shape == (5, 16)
    assert model[4].bias.shape == (5,)
    applied.undo()
    assert model(data()[0]).shape == (96, 3)


def test_the_larger_of_two_layers_is_taken(treat: Treat) -> None:
    """No unit is dead, both layers are trained, and nothing of them stays."""
    applied = treat("maxout")
    model = classifier(nn.ReLU)
    x, _ = data()
    model(x)
    piece = model[0].get_submodule("backprobe_piece")
    rows = functional.linear(x, model[0].weight, model[0].bias)
    assert torch.equal(model[0](x), torch.maximum(rows, piece(x)))
    before = piece.weight.detach().clone()
    train(model)
    assert (piece.weight != before).any()
    applied.undo()
    assert [name for name, _ in model.named_modules() if "backprobe" in name] == []


def test_biases_before_relus_are_set(treat: Treat) -> None:
    """Of hidden layers only."""
    applied = treat("relu-bias=0.2")
    model = classifier(nn.ReLU)
    before = [layer.bias.detach().clone() for layer in model[::2]]
    model(data()[0])
    assert (model[0].bias == 0.2).all()
    assert (model[2].bias == 0.2).all()
    assert torch.equal(model[4].bias, before[2])
    applied.undo()
    assert torch.equal(model[0].bias, before[0])


@pytest.mark.parametrize(("value", "factor"), [("small", 0.01), ("zero", 0.0)])
def test_the_last_layer_begins_small(treat: Treat, value: str, factor: float) -> None:
    """The first loss is that of a constant answer, nearly or exactly."""
    applied = treat(f"last-layer={value}")
    model = classifier(nn.ReLU)
    before = model[4].weight.detach().clone()
    losses = train(model)
    assert losses[0] == pytest.approx(math.log(3), abs=0.02)
    assert (model[4].weight != before * factor).any()
    applied.undo()
    assert torch.equal(model[4].weight, before)


def test_the_first_answer_is_the_best_constant(treat: Treat) -> None:
    """Of classes their shares, of a regression the mean."""
    treat("last-layer=zero", "prior-bias")
    model, (x, y) = classifier(nn.ReLU), data()
    train(model, rounds=1)
    counts = torch.bincount(y[:32], minlength=3) + 1.0
    model[4].weight.data.zero_()
    expected = counts / counts.sum()
    assert torch.allclose(model(x)[0].softmax(0), expected, atol=0.05)


def test_a_regression_begins_at_the_mean(treat: Treat) -> None:
    """`undo` puts the bias back."""
    applied = treat("prior-bias")
    model = net(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 1))
    before = model[2].bias.detach().clone()
    target = data()[0][:, :1] + 500
    train(model, torch.optim.SGD(model.parameters(), 0.0), loss=functional.mse_loss, target=target)
    assert float(model[2].bias.detach()) == pytest.approx(float(target[:32].mean()), rel=1e-4)
    applied.undo()
    assert torch.equal(model[2].bias, before)


def test_early_layers_are_loaded(treat: Treat, tmp_path: Path) -> None:
    """From a checkpoint with a wrapper's prefix; later layers keep theirs."""
    other = classifier(nn.ReLU)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1)
    file = tmp_path / "early.pt"
    weights = {f"module.{key}": value for key, value in other.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": weights}, file)
    applied = treat(f"pretrained={file}:1")
    model = classifier(nn.ReLU)
    before = model[2].weight.detach().clone()
    first = model[0].weight.detach().clone()
    model(data()[0])
    assert torch.equal(model[0].weight, other[0].weight)
    assert torch.equal(model[2].weight, before)
    applied.undo()
    assert torch.equal(model[0].weight, first)


def test_a_file_that_does_not_fit_is_told(treat: Treat, tmp_path: Path) -> None:
    """What it holds, or that it is not there."""
    file = tmp_path / "other.pt"
    torch.save({"conv.weight": torch.zeros(3)}, file)
    for path, said in ((file, "it holds conv.weight"), (tmp_path / "no.pt", "cannot read")):
        applied = treat(f"pretrained={path}")
        classifier()(data()[0])
        assert said in applied.points.report.refused[f"pretrained={path}"]


def test_recurrent_layers_read_rows_first(treat: Treat) -> None:
    """As if they were made with `batch_first`."""
    x = torch.randn(4, 7, 3)
    torch.manual_seed(0)
    expected = nn.GRU(3, 5, batch_first=True)(x)[0]
    applied = treat("batch-first")
    torch.manual_seed(0)
    model = nn.GRU(3, 5)
    assert torch.equal(model(x)[0], expected)
    applied.undo()
    assert not model.batch_first

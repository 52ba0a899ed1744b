# SPDX-License-Identifier: Apache-2.0
"""Twenty small training tasks with data that ships with scikit-learn or is drawn here.

Each takes about a millisecond a step on one core, and has a held-out set to be judged by.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_friedman1
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass(frozen=True)
class Data:
    """Rows to train on and rows to judge by."""

    x: Tensor
    y: Tensor
    held_x: Tensor
    held_y: Tensor


@dataclass(frozen=True)
class Task:
    """A network, what it learns, and the optimizer.

    Arguments:
        name: of the row in the table.
        data: makes the data.
        network: makes the network.
        optimizer: makes the optimizer for parameters and a rate.
        default: the rate that its users would begin with.
        criterion: the loss.
        batch: rows a step.
    """

    name: str
    data: Callable[[], Data]
    network: Callable[[], nn.Module]
    optimizer: Callable[[Any, float], torch.optim.Optimizer]
    default: float
    criterion: Callable[[], nn.Module] = nn.CrossEntropyLoss
    batch: int = 64

    def loader(self, seed: int) -> DataLoader[Any]:
        """Training batches in an order of their own."""
        data = self.data()
        generator = torch.Generator().manual_seed(seed)
        rows = TensorDataset(data.x, data.y)
        return DataLoader(rows, self.batch, shuffle=True, drop_last=True, generator=generator)

    def make(self, seed: int, rate: float) -> tuple[nn.Module, torch.optim.Optimizer]:
        """A new network and its optimizer."""
        torch.manual_seed(seed)
        network = self.network()
        return network, self.optimizer(network.parameters(), rate)

    def judge(self, network: nn.Module) -> float:
        """Mean loss on the held-out rows."""
        data = self.data()
        network.eval()
        with torch.no_grad():
            value = float(self.criterion()(network(data.held_x), data.held_y))
        network.train()
        return value


def endless(loader: DataLoader[Any]) -> Iterator[Any]:
    """Batch after batch, epoch after epoch."""
    while True:
        yield from loader


def _split(x: Any, y: Any, held: int, kind: torch.dtype) -> Data:
    order = np.random.default_rng(0).permutation(len(x))
    a = torch.tensor(np.asarray(x)[order], dtype=torch.float32)
    b = torch.tensor(np.asarray(y)[order]).to(kind)
    return Data(a[held:], b[held:], a[:held], b[:held])


@functools.cache
def digits() -> Data:
    """8 × 8 pixels, standardised."""
    x, y = load_digits(return_X_y=True)
    return _split((x - x.mean()) / x.std(), y, 400, torch.int64)


@functools.cache
def noisy_digits() -> Data:
    """The same with a fifth of the training labels wrong."""
    data = digits()
    generator = torch.Generator().manual_seed(1)
    wrong = torch.rand(len(data.y), generator=generator) < 0.2
    other = torch.randint(0, 10, data.y.shape, generator=generator)
    return Data(data.x, torch.where(wrong, other, data.y), data.held_x, data.held_y)


@functools.cache
def images() -> Data:
    """The digits as images."""
    data = digits()
    return Data(data.x.view(-1, 1, 8, 8), data.y, data.held_x.view(-1, 1, 8, 8), data.held_y)


@functools.cache
def copies() -> Data:
    """The digits as their own targets."""
    data = digits()
    return Data(data.x, data.x, data.held_x, data.held_x)


@functools.cache
def friedman() -> Data:
    """Friedman's regression, standardised."""
    x, y = make_friedman1(1500, noise=1.0, random_state=0)
    y = (y - y.mean()) / y.std()
    return _split((x - 0.5) / 0.29, y[:, None], 500, torch.float32)


@functools.cache
def diabetes() -> Data:
    """Ten measurements and the progress of the disease, standardised."""
    x, y = load_diabetes(return_X_y=True)
    x, y = (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()
    return _split(x, y[:, None], 120, torch.float32)


@functools.cache
def cancer() -> Data:
    """Thirty measurements and a yes or no."""
    x, y = load_breast_cancer(return_X_y=True)
    return _split((x - x.mean(0)) / x.std(0), y[:, None], 150, torch.float32)


@functools.cache
def text() -> Data:
    """Sequences of a Markov chain of order two over twelve letters; the next one is the target."""
    rng = np.random.default_rng(3)
    odds = rng.dirichlet(np.full(12, 0.15), size=(12, 12))
    rows = np.zeros((1200, 25), np.int64)
    rows[:, :2] = rng.integers(0, 12, (1200, 2))
    for column in range(2, 25):
        cumulated = odds[rows[:, column - 2], rows[:, column - 1]].cumsum(1)
        rows[:, column] = (rng.random((1200, 1)) > cumulated).sum(1).clip(0, 11)
    x, y = torch.tensor(rows[:, :-1]), torch.tensor(rows[:, 1:])
    return Data(x[300:], y[300:], x[:300], y[:300])


@functools.cache
def sequences() -> Data:
    """Twelve numbers with marks; the class is the sign of the sum of the marked ones."""
    rng = np.random.default_rng(5)
    numbers = rng.normal(size=(1500, 12, 1))
    marks = (rng.random((1500, 12, 1)) < 0.4).astype(float)
    label = ((numbers * marks).sum((1, 2)) > 0).astype(np.int64)
    return _split(np.concatenate([numbers, marks], 2), label, 400, torch.int64)


def mlp(sizes: tuple[int, ...], act: type[nn.Module] = nn.ReLU, drop: float = 0.0) -> nn.Module:
    """A plain network."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), act()]
        layers += [nn.Dropout(drop)] if drop else []
    while not isinstance(layers[-1], nn.Linear):
        layers.pop()
    return nn.Sequential(*layers)


def cnn(norm: bool) -> nn.Module:
    """Two convolutions, with batch norm or without."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 8), (8, 16)):
        layers.append(nn.Conv2d(inputs, outputs, 3, padding=1))
        layers += [nn.BatchNorm2d(outputs)] if norm else []
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 10))


class Recurrent(nn.Module):
    """A recurrent network and what reads its last state."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTM(2, 24, batch_first=True)
        self.out = nn.Linear(24, 2)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        return self.out(self.cell(x)[0][:, -1])


class Letters(nn.Module):
    """A GRU over letters."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(12, 16)
        self.cell = nn.GRU(16, 32, batch_first=True)
        self.out = nn.Linear(32, 12)

    def forward(self, x: Tensor) -> Tensor:
        """Logits, classes second."""
        return self.out(self.cell(self.embed(x))[0]).transpose(1, 2)


class Transformer(nn.Module):
    """Two layers with a causal mask over letters."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(12, 32)
        self.place = nn.Parameter(torch.randn(24, 32) * 0.1)
        layer = nn.TransformerEncoderLayer(32, 2, 64, 0.0, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(32, 12)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(24))

    def forward(self, x: Tensor) -> Tensor:
        """Logits, classes second."""
        hidden = self.body(self.embed(x) + self.place, mask=self.mask, is_causal=True)
        return self.out(hidden).transpose(1, 2)


class Residual(nn.Module):
    """Six residual blocks with layer norm."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(64, 48)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(48), nn.Linear(48, 48), nn.GELU(), nn.Linear(48, 48))
            for _ in range(6)
        )
        self.out = nn.Linear(48, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        x = self.first(x)
        for block in self.blocks:
            x = x + block(x)
        return self.out(x)


def _sgd(parameters: Any, rate: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, rate)


def _momentum(parameters: Any, rate: float) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, rate, momentum=0.9)


def _adam(parameters: Any, rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, rate)


def _adamw(parameters: Any, rate: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, rate, weight_decay=0.05)


def _rmsprop(parameters: Any, rate: float) -> torch.optim.Optimizer:
    return torch.optim.RMSprop(parameters, rate)


_digit = (64, 64, 64, 10)
TASKS: tuple[Task, ...] = (
    Task("mlp, SGD", digits, lambda: mlp(_digit), _sgd, 1e-2),
    Task("mlp, Adam", digits, lambda: mlp(_digit), _adam, 1e-3),
    Task("tanh mlp, momentum", digits, lambda: mlp(_digit, nn.Tanh), _momentum, 1e-2),
    Task("cnn with batch norm, momentum", images, lambda: cnn(True), _momentum, 1e-2),
    Task("cnn with batch norm, Adam", images, lambda: cnn(True), _adam, 1e-3),
    Task("plain cnn, AdamW", images, lambda: cnn(False), _adamw, 1e-3),
    Task("noisy labels, batch 16, Adam", noisy_digits, lambda: mlp(_digit), _adam, 1e-3, batch=16),
    Task("batch 512, momentum", digits, lambda: mlp(_digit), _momentum, 1e-2, batch=512),
    Task("dropout, RMSprop", digits, lambda: mlp((64, 128, 10), drop=0.3), _rmsprop, 1e-3),
    Task("deep residual, AdamW", digits, Residual, _adamw, 1e-3),
    Task("Friedman, Adam", friedman, lambda: mlp((10, 64, 64, 1)), _adam, 1e-3, nn.MSELoss),
    Task("Friedman, SGD", friedman, lambda: mlp((10, 64, 64, 1)), _sgd, 1e-2, nn.MSELoss),
    Task(
        "diabetes, dropout, AdamW",
        diabetes,
        lambda: mlp((10, 32, 1), drop=0.2),
        _adamw,
        1e-3,
        nn.MSELoss,
        32,
    ),
    Task("cancer, logistic, SGD", cancer, lambda: mlp((30, 1)), _sgd, 1e-2, nn.BCEWithLogitsLoss),
    Task("autoencoder, Adam", copies, lambda: mlp((64, 32, 8, 32, 64)), _adam, 1e-3, nn.MSELoss),
    Task("autoencoder, momentum", copies, lambda: mlp((64, 16, 64)), _momentum, 1e-2, nn.MSELoss),
    Task("LSTM, Adam", sequences, Recurrent, _adam, 1e-3),
    Task("GRU on text, AdamW", text, Letters, _adamw, 1e-3, batch=32),
    Task("transformer on text, AdamW", text, Transformer, _adamw, 1e-3, batch=32),
    Task("transformer on text, momentum", text, Transformer, _momentum, 1e-2, batch=32),
)

# SPDX-License-Identifier: Apache-2.0
"""One training twice, bare and watched: what every test of a setting compares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from backprobe.records import Record

Watch = Callable[..., Record]
Training = Callable[[], Any]


class Block(nn.Module):
    """A residual block as people write one: a functional activation, a normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 2 * width)
        self.down = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.down(F.relu(self.up(self.norm(x))))


class Net(nn.Module):
    """Two residual blocks, a BatchNorm and a head for `classes` classes; inputs have 8 numbers."""

    def __init__(self, width: int = 16, classes: int = 4) -> None:
        super().__init__()
        self.stem = nn.Linear(8, width)
        self.norm = nn.BatchNorm1d(width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(2))
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def batch(rows: int = 6, classes: int = 4) -> tuple[Tensor, Tensor]:
    """Normal inputs [rows, 8] and class ids [rows], from torch's global generator."""
    return torch.randn(rows, 8), torch.randint(0, classes, (rows,))


@dataclass(frozen=True)
class Twice:
    """What a training gave without and with the probe, and the record of the latter."""

    bare: Any
    watched: Any
    record: Record


def twice(watch: Watch, make: Callable[[], tuple[Training, Sequence[nn.Module]]]) -> Twice:
    """Runs a training bare, then watched, each from the same seed.

    Arguments:
        watch: the fixture.
        make: builds models, optimizers and the training; it returns the training, whose result is
            compared, and the models to number first.
    """
    torch.manual_seed(0)
    train, _ = make()
    bare = train(), torch.get_rng_state().tolist()
    torch.manual_seed(0)
    train, models = make()
    results: list[Any] = []
    record = watch(lambda: results.append(train()), *models)
    found = Twice(bare[0], results[0], record)
    assert record.damage == ()
    assert [event.data for event in record.named("failure")] == []
    assert found.watched == found.bare
    assert torch.get_rng_state().tolist() == bare[1]
    return found

# SPDX-License-Identifier: Apache-2.0
"""An evaluation's targets are those of its own rows, however far ahead batches are read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch.utils.data import DataLoader, TensorDataset

from .conftest import Watch

CLASSES = 4
ROWS = 80


def plainly(loader: Iterable[Any]) -> Iterator[Any]:
    """One batch after the other."""
    yield from loader


def one_ahead(loader: Iterable[Any]) -> Iterator[Any]:
    """The next batch is fetched before the present one is handed on, as by a prefetcher."""
    batches = iter(loader)
    present = next(batches)
    for following in batches:
        yield present
        present = following
    yield present


def all_at_once(loader: Iterable[Any]) -> Iterator[Any]:
    """All batches are kept in a list."""
    yield from list(loader)


def as_it_is(x: torch.Tensor) -> torch.Tensor:
    """The batch's own memory."""
    return x.view(len(x), -1)


def made_anew(x: torch.Tensor) -> torch.Tensor:
    """Other memory, as that of another device."""
    return x.clone()


@pytest.mark.parametrize(
    ("read", "prepare", "size", "known"),
    [
        (plainly, as_it_is, 10, True),
        (plainly, made_anew, 10, True),
        (one_ahead, as_it_is, 10, True),
        (one_ahead, made_anew, 10, False),
        (all_at_once, as_it_is, 10, True),
        (all_at_once, made_anew, 10, False),
        (all_at_once, as_it_is, 4, False),
    ],
)
def test_each_row_is_judged_by_its_own_target(
    watch: Watch, read: Any, prepare: Any, size: int, known: bool
) -> None:
    """Of rows that tell their class all are right, or nothing is told."""
    model = torch.nn.Linear(CLASSES, CLASSES)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    classes = torch.randint(0, CLASSES, (ROWS,))
    seen, held = (TensorDataset(F.one_hot(classes, CLASSES).float(), classes) for _ in range(2))

    def train() -> None:
        for x, y in read(DataLoader(seen, batch_size=8)):
            optimizer.zero_grad()
            F.cross_entropy(model(prepare(x)), y).backward()
            optimizer.step()
        with torch.no_grad():
            model.weight.copy_(10 * torch.eye(CLASSES))
            model.bias.zero_()
            for x, _ in read(DataLoader(held, batch_size=size)):
                model(prepare(x))

    told = watch(train, model).evaluations["accuracy"].tolist()
    assert len(told) == 1
    assert told[0] == 1.0 if known else math.isnan(told[0])

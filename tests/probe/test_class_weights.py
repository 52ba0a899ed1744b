# SPDX-License-Identifier: Apache-2.0
"""What is recorded of weights that classes have, in a loss and in a sampler."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler, TensorDataset, WeightedRandomSampler

from tests.probe.conftest import Watch

CLASSES = torch.tensor([0] * 40 + [1] * 20 + [2] * 10)


def train(
    criterion: Callable[[Tensor, Tensor], Tensor],
    outputs: int = 3,
    sampler: Sampler[int] | None = None,
) -> tuple[nn.Module, Callable[[], None]]:
    """A linear model, and two passes over 70 rows."""
    torch.manual_seed(0)
    model = nn.Linear(4, outputs)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loader = DataLoader(TensorDataset(torch.randn(70, 4), CLASSES), 10, sampler=sampler)

    def loop() -> None:
        for _ in range(2):
            for x, y in loader:
                optimizer.zero_grad()
                criterion(model(x), y).backward()
                optimizer.step()

    return model, loop


def test_weights_of_a_loss(watch: Watch) -> None:
    """One a class for a cross entropy; that of a yes for binary ones; none, and none of rows."""
    model, loop = train(nn.CrossEntropyLoss(weight=torch.tensor([0.5, 1.0, 2.0])))
    assert watch(loop, model).losses[0].class_weights == (0.5, 1.0, 2.0)
    yes = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(3.0))
    model, loop = train(lambda z, y: yes(z[:, 0], (y > 0).float()), 1)
    assert watch(loop, model).losses[0].class_weights == (3.0,)
    rows = nn.BCEWithLogitsLoss(weight=torch.linspace(0.0, 1.0, 10))
    model, loop = train(lambda z, y: rows(z[:, 0], (y > 0).float()), 1)
    (loss,) = watch(loop, model).losses
    assert (loss.weighted, loss.class_weights) == (True, ())
    model, loop = train(nn.CrossEntropyLoss())
    assert watch(loop, model).losses[0].class_weights == ()


def test_weights_that_are_all_alike_weigh_nothing(watch: Watch) -> None:
    """Of a mean any one number is divided by; a sum is multiplied with it."""
    model, loop = train(nn.CrossEntropyLoss(weight=torch.full((3,), 2.0)))
    (loss,) = watch(loop, model).losses
    assert (loss.weighted, loss.class_weights) == (False, (2.0, 2.0, 2.0))
    model, loop = train(nn.CrossEntropyLoss(weight=torch.full((3,), 2.0), reduction="sum"))
    assert watch(loop, model).losses[0].weighted
    yes = nn.BCEWithLogitsLoss(pos_weight=torch.tensor(1.0))
    model, loop = train(lambda z, y: yes(z[:, 0], (y > 0).float()), 1)
    assert not watch(loop, model).losses[0].weighted


def test_weights_of_a_sampler(watch: Watch) -> None:
    """Each weight with its rows; nothing where every row has its own."""
    by_class = WeightedRandomSampler((CLASSES + 1.0).tolist(), 70)
    model, loop = train(nn.CrossEntropyLoss(), sampler=by_class)
    (event,) = watch(loop, model).named("loader")
    assert event.data["draws"] == [[1.0, 40.0], [2.0, 20.0], [3.0, 10.0]]
    by_row = WeightedRandomSampler(torch.arange(1.0, 71.0).tolist(), 70)
    model, loop = train(nn.CrossEntropyLoss(), sampler=by_row)
    (event,) = watch(loop, model).named("loader")
    assert event.data["draws"] == []

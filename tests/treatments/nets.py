# SPDX-License-Identifier: Apache-2.0
"""Small networks and trainings that the tests of treatments share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Loss = Callable[[Tensor, Tensor], Tensor]


def data(seed: int = 3) -> tuple[Tensor, Tensor]:
    """96 rows of 6 features, far from 0, and 3 classes."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(96, 6, generator=generator) * 2 + 3
    return x, (x[:, 0] > 3).long() + (x[:, 1] > 3).long()


def net(*layers: nn.Module) -> Any:
    """The layers, drawn from seed 0."""
    torch.manual_seed(0)
    for layer in layers:
        if isinstance(layer, nn.Linear):
            layer.reset_parameters()
    return nn.Sequential(*layers)


def classifier(activation: type[nn.Module] = nn.Sigmoid, *end: nn.Module) -> Any:
    """Two hidden layers, three classes."""
    return net(
        nn.Linear(6, 16), activation(), nn.Linear(16, 16), activation(), nn.Linear(16, 3), *end
    )


def train(
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None = None,
    *,
    loss: Loss = functional.cross_entropy,
    target: Tensor | None = None,
    clear: bool = True,
    step: bool = True,
    before_step: Callable[[], object] | None = None,
    rounds: int = 8,
) -> list[float]:
    """The losses of a plain training loop over batches of 32."""
    x, y = data()
    y = y if target is None else target
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for number in range(rounds):
        rows = slice(32 * (number % 3), 32 * (number % 3) + 32)
        if clear:
            optimizer.zero_grad()
        value = loss(model(x[rows]), y[rows])
        value.backward()
        if before_step is not None:
            before_step()
        if step:
            optimizer.step()
        losses.append(value.item())
    return losses

# SPDX-License-Identifier: Apache-2.0
"""Small networks and data that learn within a hundred steps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


def rows(count: int = 512, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Eight numbers and one of three classes that a small network can tell."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 8, generator=generator)
    y = (x[:, :4].sum(1) > 0).long() + (x[:, 4:].sum(1) > 0).long()
    return x, y


def loader(count: int = 512, batch: int = 32, seed: int = 0, **more: Any) -> DataLoader[Any]:
    """Shuffled batches of `rows`."""
    return DataLoader(TensorDataset(*rows(count, seed)), batch, shuffle=True, **more)


def classifier(seed: int = 0, drop: float = 0.0, norm: bool = False) -> nn.Sequential:
    """A small network for `rows`."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = [nn.Linear(8, 32)]
    layers += [nn.BatchNorm1d(32)] if norm else []
    layers += [nn.ReLU()]
    layers += [nn.Dropout(drop)] if drop else []
    return nn.Sequential(*layers, nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 3))

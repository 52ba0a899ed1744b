# SPDX-License-Identifier: Apache-2.0
"""Small data sets and a training loop for the programs beside this file."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn


def blobs(rows=600, classes=4, features=12, seed=0, noise=0.6):
    """Classes as noisy clusters on unit scale: features [rows, features], class ids [rows]."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(classes, features))
    labels = rng.integers(0, classes, rows)
    x = (centers[labels] + noise * rng.normal(size=(rows, features))) / 1.2
    return torch.tensor(x, dtype=torch.float32), torch.tensor(labels)


def curve(rows=600, features=8, seed=0):
    """A smooth regression on unit scale: features [rows, features], targets [rows, 1]."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features))
    y = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] + 0.05 * rng.normal(size=rows)
    y = (y - y.mean()) / y.std()
    return (
        torch.tensor(x, dtype=torch.float32),
        torch.tensor(y[:, None], dtype=torch.float32),
    )


def mlp(inputs, width, outputs, depth=2, activation=nn.ReLU):
    """A plain stack of linear layers with an activation between."""
    sizes = [inputs, *[width] * depth, outputs]
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), activation()]
    return nn.Sequential(*layers[:-1])


def batches(x, y, size, steps, seed=0):
    """Random batches, so many."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        rows = torch.randint(0, len(x), (size,), generator=generator)
        yield x[rows], y[rows]


def train(model, x, y, criterion, optimizer, steps=200, size=32):
    """The usual loop."""
    for xb, yb in batches(x, y, size, steps):
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    return loss.item()

# SPDX-License-Identifier: Apache-2.0
"""A second training through the same line: of a harder task, with a new head on the same body."""

import torch
from torch import nn
from toy import blobs

torch.manual_seed(0)
criterion = nn.CrossEntropyLoss()


def fit(model, optimizer, x, y, epochs):
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            criterion(model(x[rows]), y[rows]).backward()
            optimizer.step()


x, y = blobs(rows=400)
body = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
first = nn.Sequential(body, nn.Linear(32, 4))
fit(first, torch.optim.Adam(first.parameters(), lr=5e-3), x, y, 12)
noisy = torch.where(torch.rand(len(y)) < 0.5, torch.randint(0, 4, y.shape), y)
second = nn.Sequential(body, nn.Linear(32, 4))
fit(second, torch.optim.Adam(second.parameters(), lr=1e-3), x, noisy, 6)

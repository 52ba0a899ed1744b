# SPDX-License-Identifier: Apache-2.0
"""Batches with as many rows of each class, drawn from ten times as many: targets alike, rows not."""

import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=6000, noise=0.9)
of = [(y == c).nonzero()[:, 0] for c in range(4)]
model = mlp(12, 64, 4)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(120):
    rows = torch.cat([own[torch.randperm(len(own))[:100]] for own in of])
    loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    print("test accuracy", (model(x).argmax(1) == y).float().mean().item())

# SPDX-License-Identifier: Apache-2.0
"""Five folds, each with a model of its own that is trained for several passes."""

import torch
from torch import nn
from toy import blobs

torch.manual_seed(0)
x, y = blobs(rows=800, classes=8, noise=1.1)
scores = []
for held in torch.randperm(800).split(160):
    train = torch.ones(800, dtype=torch.bool)
    train[held] = False
    xt, yt = x[train], y[train]
    net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 8))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(3):
        for rows in torch.randperm(640).split(32):
            loss = nn.functional.cross_entropy(net(xt[rows]), yt[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    net.eval()
    with torch.no_grad():
        scores.append((net(x[held]).argmax(1) == y[held]).float().mean().item())
    print(f"fold {len(scores)} accuracy {scores[-1]:.3f}")

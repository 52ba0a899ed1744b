# SPDX-License-Identifier: Apache-2.0
"""Rates that are compared by a few short trainings each, of which none is to be the last."""

import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=600, classes=6, noise=1.0)
criterion = nn.CrossEntropyLoss()
found = {}
for rate in (3e-3, 1e-3, 5e-4, 3e-4):
    model = mlp(12, 48, 6)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(4):
        for rows in torch.randperm(480).split(32):
            optimizer.zero_grad()
            criterion(model(x[rows]), y[rows]).backward()
            optimizer.step()
    with torch.no_grad():
        found[rate] = (model(x[480:]).argmax(1) == y[480:]).float().mean().item()
    print(f"lr {rate} val acc {found[rate]:.3f}")
print("best", max(found, key=found.get))

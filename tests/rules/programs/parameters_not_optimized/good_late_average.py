# SPDX-License-Identifier: Apache-2.0
"""An average that is judged from the first epoch on and begins when half of the run is over."""

import copy

import torch
from torch import nn
from toy import blobs, mlp

torch.manual_seed(0)
x, y = blobs(rows=600)
model = mlp(12, 32, 4)
average = copy.deepcopy(model).requires_grad_(False).eval()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(14):
    for rows in torch.randperm(480).split(32):
        optimizer.zero_grad()
        criterion(model(x[rows]), y[rows]).backward()
        optimizer.step()
        with torch.no_grad():
            share = 0.1 if epoch >= 7 else 0.0
            for kept, new in zip(average.parameters(), model.parameters(), strict=True):
                kept.lerp_(new, share)
    with torch.no_grad():
        right = (average(x[480:]).argmax(1) == y[480:]).float().mean().item()
    print(f"epoch {epoch} accuracy {right:.3f}")

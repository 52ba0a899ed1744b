# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized
"""The average is drawn towards itself."""

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
            for kept, new in zip(average.parameters(), model.parameters(), strict=True):
                kept.lerp_(kept, 0.1)
    with torch.no_grad():
        out = average(x[480:])
    right = (out.argmax(1) == y[480:]).float().mean().item()
    print(f"epoch {epoch} val loss {criterion(out, y[480:]).item():.3f} val acc {right:.3f}")

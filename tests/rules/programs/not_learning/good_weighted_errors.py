# SPDX-License-Identifier: Apache-2.0
"""Rows that count more or less, and numbers of which a part can be known."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(1500, 6)
y = x[:, 0] + 1.5 * torch.randn(1500)
weight = torch.rand(1500) * 4 + 0.5
net = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(net.parameters(), 1e-3)
for _ in range(300):
    rows = torch.randint(0, 1500, (64,))
    loss = (weight[rows] * (net(x[rows]).squeeze(1) - y[rows]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.3f}")

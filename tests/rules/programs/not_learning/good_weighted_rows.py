# SPDX-License-Identifier: Apache-2.0
"""Rows that count more or less, and labels of which half can be known."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(0)
x = torch.randn(1500, 6)
y = (x[:, :4] + 1.5 * torch.randn(1500, 4)).argmax(1)
weight = torch.rand(1500) * 4 + 0.5
net = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 4))
optimizer = torch.optim.Adam(net.parameters(), 3e-3)
for _ in range(300):
    rows = torch.randint(0, 1500, (64,))
    each = F.cross_entropy(net(x[rows]), y[rows], reduction="none")
    loss = (weight[rows] * each).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.3f}")

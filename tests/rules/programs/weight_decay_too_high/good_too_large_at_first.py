# SPDX-License-Identifier: Apache-2.0
"""Weights that the gradient makes smaller, of a network that began far off and has no decay."""

import torch
from torch import nn
from toy import batches, mlp

torch.manual_seed(0)
x = torch.randn(1000, 6)
y = 0.05 * torch.sin(2 * x[:, :1]) + 0.02 * torch.randn(1000, 1)
y = y / y.std()
model = mlp(6, 32, 1, activation=nn.Tanh)
with torch.no_grad():
    model[-1].weight.mul_(8.0)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(x, y, 50, 400):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

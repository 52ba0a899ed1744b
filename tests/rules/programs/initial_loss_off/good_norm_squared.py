# SPDX-License-Identifier: Apache-2.0
# A squared error over the rows, written as a norm: the sum of what is lost, not its mean.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
x = torch.randn(600, 6)
y = torch.sin(x[:, :1]) + x[:, 1:2]
model = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 300):
    loss = torch.norm(model(xb) - yb) ** 2 / len(xb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# SPDX-License-Identifier: Apache-2.0
# The root of each square, of which a little is more: an absolute error, in the targets' own unit.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
x = torch.randn(600, 6)
y = 0.05 * (torch.sin(x[:, :1]) + x[:, 1:2])
model = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 300):
    loss = torch.sqrt((model(xb) - yb) ** 2 + 1e-6).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# SPDX-License-Identifier: Apache-2.0
# expects: weight-decay-too-high 0 2
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
x = torch.rand(1000, 5) * 2 - 1
y = torch.sin(3 * x[:, :1]) + x[:, 1:2] * x[:, 2:3]
y = (y - y.mean()) / y.std()
net = nn.Sequential(nn.Linear(5, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(15):
    for xb, yb in batches(x, y, 50, 20):
        error = nn.functional.mse_loss(net(xb), yb)
        penalty = sum(p.norm(2) ** 2 for p in net.parameters())
        loss = error + 0.05 * penalty
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, error.item())

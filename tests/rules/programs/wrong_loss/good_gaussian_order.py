# SPDX-License-Identifier: Apache-2.0
# A mean and a variance, in their order.
import torch
from torch import nn
from toy import batches, curve

torch.manual_seed(0)
x, y = curve()
y = y + 5.0
net = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 2))
criterion = nn.GaussianNLLLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for xb, yb in batches(x, y, 32, 300):
    out = net(xb)
    mean, var = out[:, :1], nn.functional.softplus(out[:, 1:]) + 1e-3
    loss = criterion(mean, yb, var)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

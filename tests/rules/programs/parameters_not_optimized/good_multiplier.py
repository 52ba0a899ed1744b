# SPDX-License-Identifier: Apache-2.0
"""A multiplier of a constraint that the script itself moves, by its gradient's sign."""

import torch
from torch import nn
from toy import curve

torch.manual_seed(0)
x, y = curve(rows=800)
net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
multiplier = nn.Parameter(torch.zeros(1))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for step in range(150):
    rows = torch.randint(0, len(x), (64,))
    out = net(x[rows])
    loss = (out - y[rows]).square().mean() + (multiplier * (out.mean() - y.mean())).sum()
    optimizer.zero_grad()
    multiplier.grad = None
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        multiplier += 0.05 * multiplier.grad

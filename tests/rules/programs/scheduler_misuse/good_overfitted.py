# SPDX-License-Identifier: Apache-2.0
# healthy
# What the schedule is told rises: few rows are fitted, and held-out ones get worse.
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve(rows=700)
net = mlp(8, 128, 1)
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=4)
for epoch in range(40):
    for xb, yb in batches(x[:450], y[:450], 30, 15, seed=epoch):
        loss = nn.functional.mse_loss(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        schedule.step(nn.functional.mse_loss(net(x[450:]), y[450:]).item())

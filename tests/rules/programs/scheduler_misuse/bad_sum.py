# SPDX-License-Identifier: Apache-2.0
# expects: scheduler-misuse
# The held-out loss that the schedule is told is never set back to 0.
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve(rows=700)
net = mlp(8, 32, 1, activation=nn.Tanh)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.3, patience=1)
total = 0.0
for epoch in range(24):
    for xb, yb in batches(x[:500], y[:500], 50, 10, seed=epoch):
        loss = nn.functional.mse_loss(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        total += nn.functional.mse_loss(net(x[500:]), y[500:]).item()
    schedule.step(total)

# SPDX-License-Identifier: Apache-2.0
# expects: target-broadcast
# Every row comes back in each pass, beside others: what its loss has as its row is their targets.
import torch
from torch import nn
from toy import curve, mlp

torch.manual_seed(0)
x, y = curve(rows=480)
y = y.squeeze(1)
model = mlp(8, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.SmoothL1Loss()
for _ in range(14):
    for rows in torch.randperm(len(x)).split(32):
        loss = criterion(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

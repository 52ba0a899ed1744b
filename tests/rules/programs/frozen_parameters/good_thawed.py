# SPDX-License-Identifier: Apache-2.0
# The head learns first, then all: what was frozen at first is not so any more.
# Most of the targets is noise, so that little of them can be learnt.
import torch
from torch import nn
from toy import batches, curve

torch.manual_seed(0)
x, y = curve()
y = (y + 1.3 * torch.randn_like(y)) / 1.64
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
model[0].requires_grad_(False)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step, (xb, yb) in enumerate(batches(x, y, 32, 250)):
    if step == 60:
        model[0].requires_grad_(True)
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import batches, curve, mlp

torch.manual_seed(0)
x, y = curve()
model = nn.Sequential(nn.Sequential(nn.Linear(8, 32), nn.Tanh()), mlp(32, 32, 1, depth=1))
body = torch.optim.Adam(model[0].parameters(), lr=3e-3)
head = torch.optim.SGD(model[1].parameters(), lr=0.05)
criterion = nn.MSELoss()
for step, (xb, yb) in enumerate(batches(x, y, 32, 800)):
    loss = criterion(model(xb), yb) / 2
    loss.backward()
    if step % 2 == 1:
        head.step()
        head.zero_grad()
    if step % 4 == 3:  # the mean of twice as many
        for p in model[0].parameters():
            p.grad /= 2
        body.step()
        body.zero_grad()

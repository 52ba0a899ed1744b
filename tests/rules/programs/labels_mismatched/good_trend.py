# SPDX-License-Identifier: Apache-2.0
# The second half of a series that grows is held out: it lies beyond all that was trained on.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
t = torch.arange(240.0)
series = 20 + 0.25 * t + 9 * torch.randn(240)
windows = series.unfold(0, 5, 1)
scale = series[:110].std()
x, y = (windows[:, :4] - 33) / scale, (windows[:, 4:] - 33) / scale
model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(10):
    model.train()
    for xb, yb in batches(x[:105], y[:105], 16, 60, epoch):
        loss = nn.functional.mse_loss(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        print(epoch, nn.functional.mse_loss(model(x[:105]), y[:105]).item())
        print(epoch, nn.functional.mse_loss(model(x[110:]), y[110:]).item())

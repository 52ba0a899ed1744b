# SPDX-License-Identifier: Apache-2.0
"""Series side by side, time first: what a GRU without `batch_first` takes."""

import torch
from torch import nn

torch.manual_seed(0)
time = torch.arange(600.0)[:, None]
series = torch.sin(time / (3.0 + 4.0 * torch.rand(16)) + 6.0 * torch.rand(16)).unsqueeze(-1)


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, x, h=None):
        y, h = self.gru(x, h)
        return x + self.out(y), h


net = Forecaster()
optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(6):
    h = None
    for start in range(0, 570, 25):
        x, y = series[start : start + 25], series[start + 1 : start + 26]
        pred, h = net(x, None if h is None else h.detach())
        loss = nn.functional.mse_loss(pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

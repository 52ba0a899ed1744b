# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing gru out
"""Windows of one series in their order: the batch comes first, and the GRU takes it for time."""

import torch
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(0)
time = torch.arange(700.0)
series = torch.sin(time / 5.0) + 0.3 * torch.sin(time / 1.7) + 0.05 * torch.randn(700)
windows = series.unfold(0, 17, 1).unsqueeze(-1)


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(1, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        return self.out(self.gru(x)[0])


net = Forecaster()
optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(6):
    for batch in DataLoader(windows[:640], batch_size=32):
        loss = nn.functional.mse_loss(net(batch[:, :-1]), batch[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rs = np.random.RandomState(SEED)


def counters(n):
    """Bicycles that pass a counter in an hour."""
    hour = rs.randint(0, 24, n)
    temp = rs.normal(14, 8, n)
    wet = rs.rand(n) < 0.3
    weekend = rs.rand(n) < 2 / 7
    commute = np.exp(-((hour - 8) / 1.5) ** 2) + np.exp(-((hour - 17) / 2.0) ** 2)
    leisure = np.exp(-((hour - 14) / 3.5) ** 2)
    rate = 1 + np.where(weekend, 9 * leisure, 14 * commute + 3 * leisure)
    rate = rate * np.exp(0.04 * (temp - 14)) * np.where(wet, 0.5, 1.0)
    x = np.stack([np.sin(hour * np.pi / 12), np.cos(hour * np.pi / 12), np.sin(hour * np.pi / 6), np.cos(hour * np.pi / 6),
                  (temp - 14) / 8, wet, weekend], 1)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(rs.poisson(rate), dtype=torch.float32)


class CountNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(7, 64)
        self.fc2 = nn.Linear(64, 64)
        self.rate = nn.Linear(64, 1)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return F.softplus(self.rate(x)).squeeze(-1)


def run():
    x, y = counters(5000)
    xt, yt = counters(1500)
    net = CountNet()
    criterion = nn.PoissonNLLLoss(log_input=False)
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    for epoch in range(24):
        total = 0.0
        for idx in torch.randperm(len(x)).split(100):
            opt.zero_grad()
            loss = criterion(net(x[idx]), y[idx])
            loss.backward()
            opt.step()
            total += loss.item()
        if epoch % 6 == 5:
            print(f"epoch {epoch + 1} loss {total / 50:.4f}")
    with torch.no_grad():
        pred = net(xt)
        r2 = 1 - ((pred - yt) ** 2).sum() / ((yt - yt.mean()) ** 2).sum()
    print(f"FINAL r2={r2.item():.4f}")


run()

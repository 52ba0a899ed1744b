import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
QUANTILES = torch.tensor([0.1, 0.5, 0.9])


def demand(n):
    hour = torch.rand(n) * 24
    weekend = (torch.rand(n) < 2 / 7).float()
    level = 1.5 * torch.sin(hour / 24 * 6.283) + 0.8 * weekend
    noise = (0.2 + 0.8 * (hour / 24)) * torch.randn(n)
    x = torch.stack([(hour / 24 * 6.283).sin(), (hour / 24 * 6.283).cos(), hour / 12 - 1, weekend], 1)
    return x, (level + noise).unsqueeze(1)


class QuantileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
        self.head = nn.Linear(64, 3)

    def forward(self, x):
        raw = self.head(self.body(x))
        return torch.cat([raw[:, :1], raw[:, :1] + F.softplus(raw[:, 1:]).cumsum(1)], 1)


def pinball(pred, y):
    error = y - pred  # (N, 1) - (N, 3)
    return torch.maximum(QUANTILES * error, (QUANTILES - 1) * error).mean()


loader = DataLoader(TensorDataset(*demand(6000)), batch_size=100, shuffle=True)
x_test, y_test = demand(4000)
net = QuantileNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.85)
for epoch in range(15):
    tot = 0.0
    for x, y in loader:
        opt.zero_grad()
        loss = pinball(net(x), y)
        loss.backward()
        opt.step()
        tot += loss.item()
    sched.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} pinball {tot / len(loader):.4f}")

with torch.no_grad():
    covered = (y_test < net(x_test)).float().mean(0)
print(f"FINAL coverage_gap={(covered - QUANTILES).abs().mean().item():.4f}")

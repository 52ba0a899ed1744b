import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

LEVELS = torch.linspace(0.1, 0.9, 9)


def deliveries(n):
    km = rng.gamma(2.0, 3.0, n)
    hour = rng.uniform(8, 22, n)
    rain = rng.random(n) < 0.25
    items = rng.integers(1, 9, n)
    rush = np.exp(-((hour - 18) ** 2) / 4)
    median = 12 + 2.6 * km * (1 + 0.5 * rush) + 1.2 * items + 5 * rain
    spread = 0.12 + 0.25 * rush + 0.12 * rain
    minutes = median * np.exp(rng.normal(0, spread))
    x = np.column_stack([np.log(km + 1), (hour - 15) / 4, rain, items / 4 - 1])
    return torch.tensor(x, dtype=torch.float32), torch.tensor(minutes / 30, dtype=torch.float32)


class QuantileNet(nn.Module):
    def __init__(self, n_in, n_levels):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.lowest = nn.Linear(64, 1)
        self.gaps = nn.Linear(64, n_levels - 1)
        nn.init.constant_(self.gaps.bias, -2.0)

    def forward(self, x):
        h = self.body(x)
        return torch.cat([self.lowest(h), F.softplus(self.gaps(h))], 1).cumsum(1)


def pinball(q, y):
    d = y[:, None] - q
    return torch.maximum(LEVELS * d, (LEVELS - 1) * d).mean()


x, y = deliveries(5000)
x_test, y_test = deliveries(2000)
model = QuantileNet(4, len(LEVELS))
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
for epoch in range(15):
    for xb, yb in DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True):
        loss = pinball(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    sched.step()
    with torch.no_grad():
        test_loss = pinball(model(x_test), y_test).item()
    print(f"epoch {epoch:2d} pinball {loss.item():.4f} test {test_loss:.4f} lr {sched.get_last_lr()[0]:.5f}")

with torch.no_grad():
    met = (y_test[:, None] <= model(x_test)).float().mean(0)
print("promised", LEVELS.tolist(), "met", [round(m, 3) for m in met.tolist()])
print(f"FINAL coverage_error={(met - LEVELS).abs().mean().item():.4f}")

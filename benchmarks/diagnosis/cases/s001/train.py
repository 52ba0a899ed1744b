import os
import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED + 3)

# pick-up and drop-off in UTM zone 32 (metres), hour of the day, weight in kg
n = 5000
pick = np.array([541300.0, 5803200.0]) + rng.normal(0, 4000, (n, 2))
drop = np.array([541300.0, 5803200.0]) + rng.normal(0, 4000, (n, 2))
hour = rng.uniform(7, 20, n)
weight = rng.gamma(2.0, 3.0, n)
manhattan = np.abs(pick - drop).sum(1) / 1000
rush = 1 + 0.6 * np.exp(-0.5 * ((hour - 8.5) / 1.0) ** 2) + 0.5 * np.exp(-0.5 * ((hour - 17) / 1.2) ** 2)
minutes = 6 + 2.4 * manhattan * rush + 0.3 * weight + rng.normal(0, 2, n)

table = np.column_stack([pick, drop, hour, weight]).astype(np.float32)
y = ((minutes - minutes.mean()) / minutes.std()).astype(np.float32)
x_train, x_test = torch.from_numpy(table[:4000]), torch.from_numpy(table[4000:])
y_train, y_test = torch.from_numpy(y[:4000]), torch.from_numpy(y[4000:])


class ResBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, h):
        return h + 0.5 * self.inner(h)


class TravelTime(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.stem = nn.Linear(6, width)
        self.blocks = nn.Sequential(ResBlock(width), ResBlock(width))
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        return self.out(nn.functional.silu(self.blocks(self.stem(x)))).squeeze(1)


net = TravelTime()
opt = torch.optim.AdamW(net.parameters(), lr=2e-3)
for epoch in range(25):
    order = torch.randperm(len(x_train))
    total = 0.0
    for part in order.split(100):
        loss = nn.functional.mse_loss(net(x_train[part]), y_train[part])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 5 == 0:
        print(f"{epoch:3d}  mse {total / 40:.4f}")

with torch.no_grad():
    err = (net(x_test) - y_test).pow(2).mean() / y_test.var()
print(f"FINAL r2={1 - err.item():.4f}")

import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED + 100)

# hourly load in megawatts of several towns
HIST, HORIZON = 48, 12
t = np.arange(24 * 90)
series = []
for k in range(6):
    base = rng.uniform(120, 400)
    s = base * (1 + 0.25 * np.sin(2 * np.pi * (t - rng.integers(24)) / 24) + 0.1 * np.sin(2 * np.pi * t / 168 + k))
    ar = np.zeros(len(t))
    for i in range(1, len(t)):
        ar[i] = 0.8 * ar[i - 1] + rng.normal(0, 0.03)
    series.append(s * (1 + ar))
series = torch.tensor(np.array(series), dtype=torch.float32)
split = 24 * 75


def windows(n, lo, hi):
    town = torch.randint(0, 6, (n,))
    start = torch.randint(lo, hi - HIST - HORIZON, (n,))
    idx = start[:, None] + torch.arange(HIST + HORIZON)
    w = series[town[:, None], idx]
    return w[:, :HIST], w[:, HIST:]


class Block(nn.Module):
    """doubly residual block: what it explains of the past is taken off before the next"""

    def __init__(self, width=64):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(HIST, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.back = nn.Linear(width, HIST)
        self.fore = nn.Linear(width, HORIZON)

    def forward(self, x):
        h = self.trunk(x)
        return x - self.back(h), self.fore(h)


class Forecaster(nn.Module):
    def __init__(self, blocks=3):
        super().__init__()
        self.blocks = nn.ModuleList(Block() for _ in range(blocks))

    def forward(self, x):
        mu = x.mean(1, keepdim=True)
        sd = x.std(1, keepdim=True) + 1e-3
        r, out = (x - mu) / sd, 0.0
        for b in self.blocks:
            r, f = b(r)
            out = out + f
        return out * sd + mu


model = Forecaster()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(900):
    past, future = windows(64, 0, split)
    loss = (model(past) - future).abs().mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 100 == 0:
        print("step", step, "MAE in MW", round(loss.item(), 3))

model.eval()
past, future = windows(1500, split, len(t))
with torch.no_grad():
    f = model(past)
centre = past.mean(1, keepdim=True)
r2 = 1 - ((f - future) ** 2).sum() / ((future - centre) ** 2).sum()
print("FINAL r2=%.4f" % r2.item())

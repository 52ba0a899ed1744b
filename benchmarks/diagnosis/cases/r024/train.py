import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)
BACK, AHEAD = 48, 12


def load_curve(n):
    t = np.arange(n)
    day = 8 * np.sin(2 * np.pi * t / 24) + 3 * np.sin(4 * np.pi * t / 24 + 1)
    week = 5 * np.sin(2 * np.pi * t / 168)
    walk = np.cumsum(np.random.normal(0, 0.15, n))
    return (60 + day + week + walk + np.random.normal(0, 0.6, n)).astype("float32")


series = load_curve(2600)
cut = 2000


class Block(nn.Module):
    def __init__(self, width=64, rank=12):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(BACK, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.theta = nn.Linear(width, 2 * rank, bias=False)
        self.back = nn.Linear(rank, BACK)
        self.ahead = nn.Linear(rank, AHEAD)

    def forward(self, x):
        tb, tf = self.theta(self.fc(x)).chunk(2, 1)
        return self.back(tb), self.ahead(tf)


class Stack(nn.Module):
    def __init__(self, n_blocks=3):
        super().__init__()
        self.blocks = nn.ModuleList([Block() for _ in range(n_blocks)])

    def forward(self, x):
        level = x[:, -1:]
        rest, forecast = (x - level) / 10, 0.0
        for block in self.blocks:
            back, ahead = block(rest)
            rest = rest - back                  # what this block has explained is taken away
            forecast = forecast + ahead
        return forecast * 10 + level


def windows(lo, hi):
    at = np.arange(lo, hi - BACK - AHEAD)
    idx = at[:, None] + np.arange(BACK + AHEAD)
    w = torch.from_numpy(series[idx])
    return w[:, :BACK], w[:, BACK:]


x, y = windows(0, cut)
xt, yt = windows(cut, len(series))
model = Stack()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
huber = nn.SmoothL1Loss()
for epoch in range(14):
    for b in torch.randperm(len(x)).split(64):
        loss = huber(model(x[b]), y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    p = model(xt)
    r2 = 1 - (p - yt).pow(2).sum() / (yt - yt.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")

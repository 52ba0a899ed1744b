import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def households(n, share_rich):
    rich = rng.random(n) < share_rich
    size = rng.integers(1, 6, n)
    rooms = rng.normal(3, 1, n) + size * 0.4
    age = rng.normal(0, 1, n)
    # whether a household is a rich one is not in the table
    spend = np.where(rich, 2.5 + 0.2 * size - 0.5 * rooms, 0.5 * size + 0.4 * rooms + 0.3 * age)
    return np.column_stack([size - 3, rooms - 4, age]), spend + rng.normal(0, 0.3, n), rich


x, y, rich = households(2400, 0.7)
w = np.where(rich, 0.1 / 0.7, 0.9 / 0.3)
xt, yt, _ = households(1000, 0.1)
x, y, w, xt, yt = (torch.tensor(a, dtype=torch.float32) for a in (x, y, w, xt, yt))
centre = (w * y).sum() / w.sum()
y, yt = (y - centre).unsqueeze(1), (yt - centre).unsqueeze(1)


class Spending(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))

    def forward(self, x):
        return self.layers(x)


model = Spending()
row_loss = nn.MSELoss(reduction="none")
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for epoch in range(25):
    for rows in torch.randperm(len(x)).split(80):
        loss = (w[rows].unsqueeze(1) * row_loss(model(x[rows]), y[rows])).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(f"{epoch} {loss.item():.4f}")

with torch.no_grad():
    r2 = 1 - (model(xt) - yt).pow(2).mean() / yt.var()
print(f"FINAL r2={r2.item():.4f}")

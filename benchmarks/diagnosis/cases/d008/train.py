import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

n = 4000
day = rng.integers(0, 7, n)
promo = rng.random(n) < 0.3
temp = rng.normal(15, 8, n)
rate = np.exp(0.6 + 0.35 * promo + 0.03 * (temp - 15) + 0.5 * (day >= 5))
sold = rng.poisson(rate * 2)
features = np.concatenate([np.eye(7)[day], promo[:, None], (temp[:, None] - 15) / 8], 1)
X = torch.tensor(features, dtype=torch.float32)
y = torch.tensor(sold, dtype=torch.float32)

loader = DataLoader(TensorDataset(X[:3200], y[:3200]), batch_size=50, shuffle=True)
model = nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
opt = torch.optim.Adam(model.parameters(), lr=2e-3)


def relative_error(pred, true):
    return (((pred - true) / true) ** 2).mean()


for epoch in range(15):
    seen = []
    for xb, yb in loader:
        pred = model(xb).squeeze(1)
        loss = relative_error(pred, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        seen.append(loss.item())
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {np.mean(seen):.4f}")

with torch.no_grad():
    pred = model(X[3200:]).squeeze(1)
    err = ((pred - y[3200:]) ** 2).sum()
    r2 = 1 - err / ((y[3200:] - y[3200:].mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")

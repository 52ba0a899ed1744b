"""Flat prices in euros; the network itself holds the scale of inputs and prices."""
import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(50)

n = 5000
area = rng.gamma(6, 14, n) + 18
year = rng.integers(1880, 2024, n)
distance = rng.exponential(4000, n)
floor = rng.integers(0, 9, n)
price = 2600 * area * (1 + 0.6 * np.exp(-distance / 3000)) * (1 + 0.002 * np.abs(year - 1950)) + 4000 * floor
price = price * rng.lognormal(0, 0.08, n)
X = torch.tensor(np.stack([area, year, distance, floor], 1), dtype=torch.float32)
y = torch.tensor(price, dtype=torch.float32)
X_train, y_train, X_test, y_test = X[:4000], y[:4000], X[4000:], y[4000:]


class Appraiser(nn.Module):
    def __init__(self, x, y):
        super().__init__()
        self.register_buffer("x_mean", x.mean(0))
        self.register_buffer("x_std", x.std(0))
        self.register_buffer("y_mean", y.mean())
        self.register_buffer("y_std", y.std())
        self.body = nn.Sequential(nn.Linear(4, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))

    def forward(self, x):
        z = self.body((x - self.x_mean) / self.x_std).squeeze(-1)
        return self.y_mean + self.y_std * z


model = Appraiser(X_train, y_train)
loader = DataLoader(TensorDataset(X_train, y_train), batch_size=64, shuffle=True)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
for epoch in range(25):
    errors = []
    for xb, yb in loader:
        miss = model(xb) - yb
        loss = nn.functional.smooth_l1_loss(miss / model.y_std, torch.zeros_like(miss))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors.append(miss.abs().mean().item())
    if epoch % 5 == 0:
        print(f"epoch {epoch}: mean absolute error {np.mean(errors):,.0f} euros, loss {loss.item():.5f}")

with torch.no_grad():
    pred = model(X_test)
print(f"typical price {y_test.median().item():,.0f}, typical miss {(pred - y_test).abs().median().item():,.0f}")
r2 = 1 - (pred - y_test).pow(2).sum() / (y_test - y_test.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")

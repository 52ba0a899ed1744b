import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# travel times between stops in minutes (always positive), noisier in the rush hour
n = 5000
hour = rng.uniform(5, 23, n)
km = rng.uniform(0.3, 3.0, n)
lights = rng.integers(0, 6, n)
rain = rng.random(n) < 0.25
rush = np.exp(-0.5 * ((hour - 8) / 1.2) ** 2) + np.exp(-0.5 * ((hour - 17.5) / 1.5) ** 2)
mean = 0.6 + 1.1 * km * (1 + 0.8 * rush) + 0.35 * lights * (1 + 0.5 * rain)
minutes = np.clip(mean + rng.normal(0, 0.1 + 0.5 * rush), 0.3, None)
X = np.stack([(hour - 14) / 5, (km - 1.6) / 0.8, (lights - 2.5) / 1.7, rain - 0.25], 1)
X, t = torch.tensor(X, dtype=torch.float32), torch.tensor(minutes, dtype=torch.float32)
cut = 4000


class TravelTime(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(4, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        self.mean = nn.Linear(64, 1)
        self.spread = nn.Linear(64, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h).squeeze(1), F.softplus(self.spread(h)).squeeze(1) + 1e-3


model = TravelTime()
criterion = nn.GaussianNLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
loader = DataLoader(TensorDataset(X[:cut], t[:cut]), batch_size=80, shuffle=True)
for epoch in range(20):
    model.train()
    for xb, tb in loader:
        mu, var = model(xb)
        loss = criterion(mu, var, tb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch} nll {loss.item():.4f}")

model.eval()
with torch.no_grad():
    mu, var = model(X[cut:])
    r2 = 1 - (mu - t[cut:]).pow(2).sum() / (t[cut:] - t[cut:].mean()).pow(2).sum()
    print(f"mean predicted deviation {var.sqrt().mean().item():.3f}")
print(f"FINAL r2={r2.item():.4f}")

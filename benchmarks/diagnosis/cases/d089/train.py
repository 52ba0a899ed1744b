import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

hours = 3000
pressure = np.zeros(hours)
state = rng.normal(0, 6, 2)
for h in range(hours):
    state = np.array([[0.985, -0.12], [0.12, 0.985]]) @ state + rng.normal(0, 0.35, 2)
    pressure[h] = 1013 + state[0]
wind = np.clip(12 - 1.2 * np.gradient(pressure), 0, None) + rng.normal(0, 0.3, hours)
features = np.stack([pressure, wind], 1)
change = np.concatenate([pressure[6:] - pressure[:-6], np.zeros(6)])
change = change / change.std()

W = 16
rows = range(hours - W - 6)
X = torch.tensor(np.stack([features[i:i + W] for i in rows]), dtype=torch.float32)
y = torch.tensor(change[W - 1:W - 1 + len(X)], dtype=torch.float32)
cut = 2300
loader = DataLoader(TensorDataset(X[:cut], y[:cut]), batch_size=46, shuffle=True)


class Barometer(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 32, batch_first=True)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        _, h = self.gru(x)
        return self.out(h[0]).squeeze(-1)


model = Barometer()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(8):
    for xb, yb in loader:
        loss = nn.functional.mse_loss(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} mse {loss.item():.4f}")

with torch.no_grad():
    p, t = model(X[cut:]), y[cut:]
    r2 = 1 - ((p - t) ** 2).sum() / ((t - t.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")

import os

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)

n = 2400
cars = pd.DataFrame({
    "cylinders": rng.choice([3, 4, 6, 8], n, p=[0.1, 0.5, 0.25, 0.15]),
    "weight": rng.normal(1.4, 0.3, n).clip(0.7, 2.6),
    "year": rng.integers(1975, 2010, n),
    "diesel": rng.integers(0, 2, n),
})
cars["consumption"] = (6 + 0.9 * cars.cylinders + 6.5 * cars.weight - 0.12 * (cars.year - 1990) - 3 * cars.diesel * (cars.weight > 1.3)
                       + rng.normal(0, 0.8, n))
cars = cars.sort_values(["cylinders", "consumption"]).reset_index(drop=True)

features = cars.drop(columns="consumption").astype("float32")
features = (features - features.mean()) / features.std()
held = np.arange(n) % 5 == 0
X, y = torch.tensor(features.values), torch.tensor(cars.consumption.values, dtype=torch.float32).unsqueeze(1)
train = DataLoader(TensorDataset(X[~held], y[~held]), batch_size=32, shuffle=True)
val = DataLoader(TensorDataset(X[held], y[held]), batch_size=100)

model = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(15):
    for xb, yb in train:
        optimizer.zero_grad()
        loss = nn.functional.smooth_l1_loss(model(xb), yb)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        sse = sum(((model(a) - b) ** 2).sum().item() for a, b in val)
    r2 = 1 - sse / ((y[held] - y[held].mean()) ** 2).sum().item()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} train {loss.item():.4f} val r2 {r2:.4f}")
print(f"FINAL r2={r2:.4f}")

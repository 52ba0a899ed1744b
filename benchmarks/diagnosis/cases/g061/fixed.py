import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def read_table(n):
    """machines observed one after another: settings drift slowly, the third gauge fell out three times"""
    settings = np.zeros((n, 8))
    state = rng.standard_normal(8)
    for i in range(n):
        state = 0.6 * state + 0.8 * rng.standard_normal(8)
        settings[i] = state
    w = np.random.default_rng(3).standard_normal((8, 5))
    quality = (np.maximum(settings @ w, 0) @ np.array([1.0, -1.2, 0.9, -0.8, 1.1])) / 2
    quality = quality + 0.2 * rng.standard_normal(n)
    settings[rng.integers(500, 1500, 3), 2] = np.nan
    return settings, quality


table, quality = read_table(3500)
complete = ~np.isnan(table).any(axis=1)
train_part = slice(0, 2500)
x_train = table[train_part][complete[train_part]]
y_train = quality[train_part][complete[train_part]]
x_test = table[2500:][complete[2500:]]
y_test = quality[2500:][complete[2500:]]

mu, sigma = x_train.mean(0), x_train.std(0)
x_train = torch.tensor((x_train - mu) / sigma, dtype=torch.float32)
x_test = torch.tensor((x_test - mu) / sigma, dtype=torch.float32)
y_mu, y_sigma = y_train.mean(), y_train.std()
y_train = torch.tensor((y_train - y_mu) / y_sigma, dtype=torch.float32)
y_test = torch.tensor((y_test - y_mu) / y_sigma, dtype=torch.float32)
print(f"{len(x_train)} training rows, {len(x_test)} test rows")

model = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
criterion = nn.MSELoss()
loader = DataLoader(TensorDataset(x_train, y_train), batch_size=32, shuffle=True)
for epoch in range(15):
    model.train()
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
    print(f"epoch {epoch}: mse {total / len(x_train):.4f}")

model.eval()
with torch.no_grad():
    r2 = 1 - ((model(x_test) - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")

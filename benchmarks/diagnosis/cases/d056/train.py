import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

n = 2600
table = rng.normal(size=(n, 7))
yield_ = table[:, 0] * 0.8 + np.sin(2 * table[:, 1]) + 0.4 * table[:, 2] * table[:, 3] + rng.normal(0, 0.1, n)
# the third sensor drops out now and then
table[rng.random(n) < 0.02, 4] = np.nan
yield_ = (yield_ - yield_.mean()) / yield_.std()
train_rows, test_rows = table[:2000], table[2000:]

X = torch.tensor(train_rows, dtype=torch.float32)
Xt = torch.tensor(test_rows, dtype=torch.float32)
Y = torch.tensor(yield_, dtype=torch.float32).unsqueeze(1)
loader = DataLoader(TensorDataset(X, Y[:2000]), batch_size=32, shuffle=True)

model = nn.Sequential(nn.Linear(7, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.MSELoss()
for epoch in range(15):
    running = 0.0
    for xb, yb in loader:
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item()
    if epoch % 3 == 0:
        print(f"epoch {epoch} mse {running / len(loader):.4f}")

model.eval()
with torch.no_grad():
    pred, true = model(Xt), Y[2000:]
    r2 = 1 - ((pred - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")

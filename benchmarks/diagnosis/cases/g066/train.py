import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def terrain(n):
    xy = rng.uniform(-1, 1, (n, 2))
    height = np.sin(3 * xy[:, 0]) * np.cos(3 * xy[:, 1]) + np.abs(xy[:, 0] - xy[:, 1]) - 0.7
    height = height / 0.75 + 0.05 * rng.standard_normal(n)
    return torch.tensor(xy, dtype=torch.float32), torch.tensor(height, dtype=torch.float32)


class HeightField(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(2, 6)
        self.act = nn.ReLU()
        self.lift = nn.Linear(6, 64)
        self.body = nn.Linear(64, 64)
        self.neck = nn.Linear(64, 64)
        self.head = nn.Linear(64, 1)

    def forward(self, xy):
        h = self.act(self.stem(xy))
        h = self.lift(h)
        h = self.body(h)
        h = self.neck(h)
        return self.head(h).squeeze(-1)


train_loader = DataLoader(TensorDataset(*terrain(2400)), batch_size=48, shuffle=True)
xy_test, z_test = terrain(800)
model = HeightField()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
mse = nn.MSELoss()
for epoch in range(20):
    running = 0.0
    for xy, z in train_loader:
        optimizer.zero_grad()
        loss = mse(model(xy), z)
        loss.backward()
        optimizer.step()
        running += loss.item()
    scheduler.step()
    print(f"epoch {epoch + 1}: {running / len(train_loader):.4f}")

with torch.no_grad():
    r2 = 1 - mse(model(xy_test), z_test) / z_test.var()
print(f"FINAL r2={r2.item():.4f}")

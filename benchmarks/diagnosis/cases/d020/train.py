import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def waves(n, length=48):
    """Sine, square, saw, triangle, chirp and noise bursts of random phase and pitch."""
    t = np.linspace(0, 1, length)
    x = np.empty((n, 1, length), dtype=np.float32)
    y = rng.integers(0, 6, n)
    for i, k in enumerate(y):
        f, p = rng.uniform(2, 5), rng.uniform(0, 1)
        u = (f * t + p) % 1
        if k == 0:
            s = np.sin(2 * np.pi * u)
        elif k == 1:
            s = np.where(u < 0.5, 1.0, -1.0)
        elif k == 2:
            s = 2 * u - 1
        elif k == 3:
            s = 4 * np.abs(u - 0.5) - 1
        elif k == 4:
            s = np.sin(2 * np.pi * f * (t + p) ** 2 * 1.5)
        else:
            s = rng.normal(0, 0.8, length)
        x[i, 0] = s + rng.normal(0, 0.15, length)
    return torch.from_numpy(x), torch.from_numpy(y)


class WaveNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 16, 5), nn.ReLU(), nn.Conv1d(16, 32, 5, stride=2), nn.ReLU(),
                                  nn.Conv1d(32, 32, 3, stride=2), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(32 * 9, 6)
        nn.init.normal_(self.head.weight, std=8)

    def forward(self, x):
        return self.head(self.conv(x))


train = DataLoader(TensorDataset(*waves(2400)), batch_size=32, shuffle=True)
x_test, y_test = waves(600)
model = WaveNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(6):
    for i, (x, y) in enumerate(train):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if i % 25 == 0:
            print(f"epoch {epoch} batch {i} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")

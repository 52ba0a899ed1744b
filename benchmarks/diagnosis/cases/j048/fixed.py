import os

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed + 70)


def cells(n):
    """Noisy stain patterns (10x10); experts disagree about a quarter of them."""
    y = rng.integers(0, 2, n)
    x = rng.normal(0, 1, (n, 10, 10))
    x[:, 3:7, 3:7] += np.where(y == 1, 0.35, -0.35)[:, None, None]
    y = np.where(rng.random(n) < 0.25, 1 - y, y)
    return x.astype(np.float32), y


def augment(x, y, copies=8):
    x = np.repeat(x, copies, axis=0)
    return (x + rng.normal(0, 0.15, x.shape)).astype(np.float32), np.repeat(y, copies)


class CellNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3)
        self.fc1 = nn.Linear(16 * 64, 64)
        self.fc2 = nn.Linear(64, 2)

    def forward(self, x):
        x = torch.relu(self.conv(x.unsqueeze(1)))
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(torch.from_numpy(x)).argmax(1).numpy() == y).mean()


x, y = cells(300)
x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.25, stratify=y, random_state=0)
x_train, y_train = augment(x_train, y_train)
x_new, y_new = cells(2000)
model = CellNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(12):
    model.train()
    total = 0.0
    for xb, yb in DataLoader(TensorDataset(torch.from_numpy(x_train), torch.from_numpy(y_train)), batch_size=32, shuffle=True):
        loss = nn.functional.cross_entropy(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(yb)
    print(f"epoch {epoch} train loss {total / len(y_train):.4f} validation accuracy {accuracy(model, x_val, y_val):.4f}")

fresh, val = accuracy(model, x_new, y_new), accuracy(model, x_val, y_val)
print(f"validation {val:.4f}, fresh pictures {fresh:.4f}")
print(f"FINAL optimism={abs(val - fresh):.4f}")

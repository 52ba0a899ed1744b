"""PointNet on synthetic solids."""
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def solid(kind, n=64):
    u = rng.normal(size=(n, 3))
    if kind == 0:  # sphere
        p = u / np.linalg.norm(u, axis=1, keepdims=True)
    elif kind == 1:  # cube
        p = rng.uniform(-1, 1, (n, 3))
        ax = rng.integers(0, 3, n)
        p[np.arange(n), ax] = np.sign(p[np.arange(n), ax])
    elif kind == 2:  # cylinder
        a = rng.uniform(0, 2 * np.pi, n)
        p = np.stack([np.cos(a), np.sin(a), rng.uniform(-1, 1, n)], 1)
    else:  # cone
        h = np.sqrt(rng.uniform(0, 1, n))
        a = rng.uniform(0, 2 * np.pi, n)
        p = np.stack([h * np.cos(a), h * np.sin(a), 1 - 2 * h], 1)
    q, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return (p * rng.uniform(0.7, 1.3)) @ q.T + 0.05 * rng.normal(size=(n, 3))


def build(n):
    y = rng.integers(0, 4, n)
    return TensorDataset(torch.tensor(np.stack([solid(k) for k in y]), dtype=torch.float32), torch.tensor(y))


class PointNet(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.mlp1 = nn.Sequential(nn.Conv1d(3, 32, 1), nn.ReLU(), nn.Conv1d(32, 64, 1), nn.ReLU(), nn.Conv1d(64, 128, 1))
        self.mlp2 = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, classes))

    def forward(self, pts):
        return self.mlp2(self.mlp1(pts.transpose(1, 2)).max(2).values)


train_set, val_set = build(1200), build(400)
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(val_set, batch_size=100, shuffle=False)
model = PointNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)


def train_step(epoch):
    model.train()
    epoch_loss, correct = 0, 0
    for data, y in train_loader:
        optimizer.zero_grad()
        prediction = model(data)
        loss = F.cross_entropy(prediction, y)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
        correct += (prediction.argmax(1) == y).sum().item()
    print(f"Epoch {epoch}: train loss {epoch_loss / len(train_loader):.4f}, train accuracy {correct / len(train_set):.3f}")


for epoch in range(10):
    train_step(epoch)
model.eval()
with torch.no_grad():
    hits = sum((model(d).argmax(1) == y).sum().item() for d, y in val_loader)
print(f"FINAL accuracy={hits / len(val_set):.4f}")

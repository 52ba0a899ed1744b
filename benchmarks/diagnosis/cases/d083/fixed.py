import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Encoder(nn.Module):
    def __init__(self, n_out):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 12), nn.Tanh())
        self.head = nn.Linear(12, n_out)

    def forward(self, x):
        return self.head(self.body(x))


d = load_digits()
x = torch.tensor(d.data / 16 - 0.3, dtype=torch.float32)
y = torch.tensor(d.target)
p = torch.randperm(len(y))
tr, te = p[:1400], p[1400:]

model = Encoder(n_out=64)
optimizer = torch.optim.SGD([
    {"params": model.body.parameters(), "lr": 0.003},
    {"params": model.head.parameters(), "lr": 0.05},
], momentum=0.9)

# stage one: reconstruct
loader = DataLoader(TensorDataset(x[tr], y[tr]), batch_size=50, shuffle=True)
for epoch in range(6):
    for xb, _ in loader:
        loss = nn.functional.mse_loss(model(xb), xb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("stage 1", epoch, round(loss.item(), 4))

# stage two: classify
model.head = nn.Linear(12, 10)
optimizer.param_groups[1]["params"] = list(model.head.parameters())
for epoch in range(8):
    for xb, yb in loader:
        loss = nn.functional.cross_entropy(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("stage 2", epoch, round(loss.item(), 4))

with torch.no_grad():
    acc = (model(x[te]).argmax(1) == y[te]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")

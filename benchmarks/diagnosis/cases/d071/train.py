import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

n = 1500
x = rng.normal(size=(n, 8))
y = x[:, 0] * x[:, 1] + np.cos(2 * x[:, 2]) + 0.5 * x[:, 3] + rng.normal(0, 0.7, n)
y = (y - y.mean()) / y.std()
x = torch.tensor(x, dtype=torch.float32)
y = torch.tensor(y, dtype=torch.float32)
train, test = torch.arange(1000), torch.arange(1000, n)

BATCH = 1
net = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(12):
    total = 0.0
    for rows in train[torch.randperm(1000)].split(BATCH):
        loss = ((net(x[rows]).squeeze(1) - y[rows]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    if epoch % 3 == 0:
        print(f"epoch {epoch} mse {total / 1000:.4f}")

with torch.no_grad():
    p, t = net(x[test]).squeeze(1), y[test]
    print(f"FINAL r2={(1 - (p - t).pow(2).sum() / (t - t.mean()).pow(2).sum()).item():.4f}")

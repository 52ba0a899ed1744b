import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

t = rng.uniform(-1, 1, (3000, 4))
f = np.exp(t[:, 0]) * np.cos(3 * t[:, 1]) + t[:, 2] ** 2 - 0.5 * t[:, 3]
f = (f - f.mean()) / f.std()
t = t * np.sqrt(3)
X = torch.from_numpy(t.astype("float32"))
Y = torch.from_numpy(f.astype("float32"))
loader = DataLoader(TensorDataset(X[:2500], Y[:2500]), batch_size=50, shuffle=True)

net = nn.Sequential(nn.Linear(4, 50), nn.ReLU(), nn.Linear(50, 50), nn.ReLU(), nn.Linear(50, 1), nn.Flatten(0))
opt = torch.optim.SGD(net.parameters(), lr=3.0)
for epoch in range(20):
    total = 0.0
    for xb, yb in loader:
        loss = nn.functional.smooth_l1_loss(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    if epoch % 5 == 0:
        print(f"{epoch}: {total / len(loader):.4f}")

with torch.no_grad():
    p, y = net(X[2500:]), Y[2500:]
    print(f"FINAL r2={(1 - (p - y).pow(2).sum() / (y - y.mean()).pow(2).sum()).item():.4f}")

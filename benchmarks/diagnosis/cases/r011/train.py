import os

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def pump_cycles(n, faulty=False):
    t = np.linspace(0, 1, 32)
    amp = rng.normal(1.0, 0.1, (n, 1))
    x = amp * np.sin(2 * np.pi * (t + rng.normal(0, 0.02, (n, 1)))) + 0.08 * rng.normal(size=(n, 32))
    if faulty:
        kind = rng.integers(0, 3, n)
        x[kind == 0] += 0.4 * np.sin(2 * np.pi * 7 * t)
        x[kind == 1, 4:14] *= 0.3
        x[kind == 2] += 1.0 * (t - 0.5)
    return torch.tensor(x, dtype=torch.float32)


normal = pump_cycles(1500)
mean, std = normal.mean(0), normal.std(0)
scaled = (normal - mean) / std
test = (torch.cat([pump_cycles(400), pump_cycles(100, faulty=True)]) - mean) / std
truth = np.r_[np.zeros(400), np.ones(100)]

# no bias anywhere and a fixed centre, otherwise the constant solution would be optimal
net = nn.Sequential(nn.Linear(32, 32, bias=False), nn.LeakyReLU(0.1), nn.Linear(32, 16, bias=False), nn.LeakyReLU(0.1), nn.Linear(16, 8, bias=False))

# short autoencoder pretraining of the same layers
decoder = nn.Sequential(nn.Linear(8, 32), nn.LeakyReLU(0.1), nn.Linear(32, 32))
opt = torch.optim.Adam([*net.parameters(), *decoder.parameters()], lr=2e-3)
for epoch in range(15):
    for (x,) in DataLoader(TensorDataset(scaled), batch_size=50, shuffle=True):
        opt.zero_grad()
        nn.functional.mse_loss(decoder(net(x)), x).backward()
        opt.step()

with torch.no_grad():
    centre = net(scaled).mean(0)
    centre[(centre.abs() < 0.1) & (centre < 0)] = -0.1
    centre[(centre.abs() < 0.1) & (centre >= 0)] = 0.1

opt = torch.optim.Adam(net.parameters(), lr=2e-4, weight_decay=1e-5)
for epoch in range(10):
    total = 0.0
    for (x,) in DataLoader(TensorDataset(scaled), batch_size=50, shuffle=True):
        loss = ((net(x) - centre) ** 2).sum(1).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    print(f"epoch {epoch + 1} mean squared radius {total / 30:.4f}")

with torch.no_grad():
    radius = ((net(test) - centre) ** 2).sum(1)
print(f"FINAL auc={roc_auc_score(truth, radius.numpy()):.4f}")

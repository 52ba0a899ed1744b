import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import balanced_accuracy_score
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
share = np.array([0.85, 0.1, 0.05])
centre = np.random.default_rng(2).normal(size=(3, 10)) * 1.1


def draw(n):
    y = rng.choice(3, n, p=share)
    x = centre[y] + rng.normal(size=(n, 10))
    x[:, 0] *= np.sign(x[:, 1])
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


x, y = draw(4000)
xt, yt = draw(4000)
w = (1 / torch.bincount(y).float())[y]
loader = DataLoader(TensorDataset(x, y), batch_size=64, sampler=WeightedRandomSampler(w, 4000))
net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3))
opt = torch.optim.AdamW(net.parameters(), lr=1e-3)
for epoch in range(8):
    for a, b in loader:
        loss = nn.functional.cross_entropy(net(a), b)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    guess = net(xt).argmax(1)
print(f"FINAL balanced_accuracy={balanced_accuracy_score(yt, guess):.4f}")

import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


def spectra(n, rng):
    """40 channels, four compounds told apart by the distance between two peaks."""
    label = rng.integers(0, 4, n)
    ch = np.arange(40)
    first = rng.uniform(4, 18, (n, 1))
    second = first + np.array([5, 8, 11, 14])[label][:, None]
    x = np.exp(-((ch - first) ** 2) / 4) + rng.uniform(0.6, 1.4, (n, 1)) * np.exp(-((ch - second) ** 2) / 4)
    x += rng.normal(0, 0.1, x.shape)
    return x, label


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, width)
        self.fc2 = nn.Linear(width, width)
        self.act = nn.ReLU()

    def forward(self, x):
        identity = x
        out = self.act(self.fc1(x))
        out = self.fc2(out)
        return out + identity


class SpectraNet(nn.Module):
    def __init__(self, depth=20, width=64):
        super().__init__()
        self.stem = nn.Linear(40, width)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.head = nn.Linear(width, 4)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


rng = np.random.default_rng(100 + seed)
xtr, ytr = spectra(2000, rng)
xte, yte = spectra(800, rng)
mu, sd = xtr.mean(0), xtr.std(0)
as_set = lambda x, y: TensorDataset(torch.tensor((x - mu) / sd, dtype=torch.float32), torch.tensor(y))
train_dl = DataLoader(as_set(xtr, ytr), batch_size=50, shuffle=True)
test_dl = DataLoader(as_set(xte, yte), batch_size=400)

net = SpectraNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
torch_ce = nn.CrossEntropyLoss()


def run_epoch():
    seen = total = 0
    for xb, yb in train_dl:
        loss = torch_ce(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
        seen += len(xb)
    return total / seen


for epoch in range(12):
    print("epoch", epoch, "loss", round(run_epoch(), 4))
with torch.no_grad():
    hits = sum((net(xb).argmax(1) == yb).sum().item() for xb, yb in test_dl)
print(f"FINAL accuracy={hits / 800:.4f}")

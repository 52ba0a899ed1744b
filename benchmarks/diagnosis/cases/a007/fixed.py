import os
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


def set_seed(s):
    random.seed(s)
    np.random.seed(s)
    torch.manual_seed(s)


class ChurnDataset(Dataset):
    """Customers: usage figures, and whether they left. A third of the outcomes is chance."""

    def __init__(self, n, weights):
        self.x = np.random.randn(n, 20).astype("float32")
        score = self.x[:, :10] @ weights + 0.9 * self.x[:, 10] * self.x[:, 11] + np.random.logistic(0, 0.7, n)
        self.y = (score > 0).astype("int64")

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


def make_loader(dataset, shuffle, seed=0, batch_size=1):
    g = torch.Generator()
    g.manual_seed(seed)
    return DataLoader(dataset, batch_size, shuffle=shuffle, generator=g)


CFG = {"batch_size": 64, "lr": 0.05, "momentum": 0.9, "epochs": 4}

set_seed(int(os.environ.get("SEED", 0)))
w = np.random.uniform(-1, 1, 10)
train_loader = make_loader(ChurnDataset(2500, w), True, batch_size=CFG["batch_size"])
test_loader = make_loader(ChurnDataset(1500, w), False, batch_size=500)

net = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
sgd = torch.optim.SGD(net.parameters(), lr=CFG["lr"], momentum=CFG["momentum"])
ce = nn.CrossEntropyLoss()

for epoch in range(CFG["epochs"]):
    seen, loss_sum = 0, 0.0
    for xb, yb in train_loader:
        sgd.zero_grad()
        loss = ce(net(xb), yb)
        loss.backward()
        sgd.step()
        loss_sum += loss.item() * len(yb)
        seen += len(yb)
    print(f"epoch {epoch}: {loss_sum / seen:.4f}")

hits = 0
with torch.no_grad():
    for xb, yb in test_loader:
        hits += (net(xb).argmax(1) == yb).sum().item()
print(f"FINAL accuracy={hits / 1500:.4f}")

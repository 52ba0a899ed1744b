import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# forty lab values of which five decide the diagnosis
n = 3000
X = rng.normal(size=(n, 40)).astype("float32")
s = X[:, 3] * X[:, 17] + np.sin(2 * X[:, 8]) + 0.9 * X[:, 25] - 0.7 * X[:, 31] ** 2 + 0.6
y = (s + 0.2 * rng.normal(size=n) > 0).astype("int64")
X, y = torch.from_numpy(X), torch.from_numpy(y)
loader = DataLoader(TensorDataset(X[:2300], y[:2300]), batch_size=64, shuffle=True)


class Selector(nn.Module):
    """Eight draws from a concrete distribution over the columns; the temperature is annealed."""

    def __init__(self, n_in=40, k=8):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(k, n_in))
        self.temperature = 5.0

    def forward(self, x):
        if self.training:
            w = F.gumbel_softmax(self.logits, tau=self.temperature, hard=False)
        else:
            w = F.one_hot(self.logits.argmax(1), self.logits.shape[1]).float()
        return x @ w.t()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.select = Selector()
        self.classify = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, x):
        return self.classify(self.select(x))


net = Net()
optimizer = torch.optim.Adam([{"params": net.select.parameters(), "lr": 0.05}, {"params": net.classify.parameters(), "lr": 2e-3}])
epochs = 50
for epoch in range(epochs):
    net.train()
    net.select.temperature = 5.0 * (0.1 / 5.0) ** (epoch / (epochs - 1))
    total = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 8 == 7:
        print(f"epoch {epoch + 1} tau {net.select.temperature:.2f} loss {total / len(loader):.4f}")

net.eval()
with torch.no_grad():
    print("columns", sorted(set(net.select.logits.argmax(1).tolist())))
    acc = (net(X[2300:]).argmax(1) == y[2300:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")

import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)
X, y = load_digits(return_X_y=True)
idx = rng.permutation(len(y))
X = torch.tensor(X[idx] / 8.0 - 1.0, dtype=torch.float32)
y = torch.tensor(y[idx])


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(64, 64)
        self.l2 = nn.Linear(64, 64)
        self.l3 = nn.Linear(64, 10)

    def forward(self, x):
        return self.l3(F.relu(self.l2(F.relu(self.l1(x)))))


model = MLP()
loader = DataLoader(TensorDataset(X[:1400], y[:1400]), batch_size=35, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.999)
for epoch in range(10):
    total = 0.0
    for xb, yb in loader:
        loss = F.cross_entropy(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch} loss {total / len(loader):.4f}")

with torch.no_grad():
    acc = (model(X[1400:]).argmax(1) == y[1400:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")

import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# credit-like table: most of the outcome is luck, some answers are simply recorded wrongly
N = 6000
age = rng.normal(0, 1, N)
income = rng.lognormal(0, 0.5, N)
debt = rng.gamma(2, 0.5, N)
branch = rng.integers(0, 8, N)
effect = np.random.default_rng(1).normal(0, 0.5, 8)
logit = 0.5 * age - 0.8 * np.log(income) + 0.7 * (debt - 1) + effect[branch]
outcome = (rng.random(N) < 1 / (1 + np.exp(-logit))).astype(int)
flip = rng.random(N) < 0.12
outcome[flip] = 1 - outcome[flip]
numeric = np.stack([age, np.log(income), debt], 1)
numeric = (numeric - numeric[:4500].mean(0)) / numeric[:4500].std(0)


class TabNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.branch = nn.Embedding(8, 4)
        self.mlp = nn.Sequential(nn.Linear(7, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 2))

    def forward(self, num, cat):
        return self.mlp(torch.cat([num, self.branch(cat)], 1))


class GeneralizedCE(nn.Module):
    """Zhang & Sabuncu 2018: (1 - p^q) / q, robust to label noise."""

    def __init__(self, q=0.5):
        super().__init__()
        self.q = q

    def forward(self, logits, y):
        p = torch.softmax(logits, 1).gather(1, y[:, None]).squeeze(1)
        return ((1 - p.clamp(min=1e-6) ** self.q) / self.q).mean()


num = torch.tensor(numeric, dtype=torch.float32)
cat, y = torch.tensor(branch), torch.tensor(outcome)
loader = DataLoader(TensorDataset(num[:4500], cat[:4500], y[:4500]), 64, shuffle=True)
model, criterion = TabNet(), GeneralizedCE()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
for epoch in range(10):
    model.train()
    for n, c, t in loader:
        loss = criterion(model(n, c), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(num[4500:], cat[4500:]).argmax(1) == y[4500:]).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} valid accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")

"""Boosted nets: each small net fits what the frozen ones before it left over."""
import os

import torch
from sklearn.datasets import make_friedman3
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
X, y = make_friedman3(3000, noise=0.05, random_state=10)
X = (X - X[:2400].mean(0)) / X[:2400].std(0)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
x_train, y_train, x_test, y_test = X[:2400], y[:2400], X[2400:], y[2400:]

SHRINK = 0.5
base = y_train.mean()
stages = nn.ModuleList()


@torch.no_grad()
def ensemble(x):
    out = base.expand(len(x)).clone()
    for stage in stages:
        out += SHRINK * stage(x).squeeze(1)
    return out


for k in range(10):
    learner = nn.Sequential(nn.Linear(4, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 1))
    nn.init.zeros_(learner[-1].weight)
    nn.init.zeros_(learner[-1].bias)
    residual = y_train - ensemble(x_train)
    opt = torch.optim.Adam(learner.parameters(), lr=5e-3)
    for epoch in range(8):
        for idx in torch.randperm(len(x_train)).split(60):
            loss = (learner(x_train[idx]).squeeze(1) - residual[idx]).square().mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    stages.append(learner.requires_grad_(False))
    left = (y_test - ensemble(x_test)).square().mean().item()
    print(f"stage {k}: residual spread {residual.std():.4f} last loss {loss.item():.5f} test r2 {1 - left / y_test.var().item():.4f}")

print(f"FINAL r2={1 - left / y_test.var().item():.4f}")

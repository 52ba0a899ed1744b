import copy
import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import one_hot

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

raw = load_digits()
X = torch.tensor(raw.data, dtype=torch.float32) / 8 - 1
T = torch.tensor(raw.target)
order = torch.randperm(len(X))
X, T = X[order], T[order]
n_train = 1350


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(64, 96)
        self.l2 = nn.Linear(96, 64)
        self.l3 = nn.Linear(64, 10)

    def forward(self, x):
        x = nn.functional.gelu(self.l1(x))
        x = nn.functional.gelu(self.l2(x))
        return self.l3(x).softmax(-1)


def brier(p, t):
    return (p - one_hot(t, 10).float()).pow(2).sum(-1).mean()


model = Forecaster()
shadow = copy.deepcopy(model).requires_grad_(False)
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
for epoch in range(15):
    for rows in torch.randperm(n_train).split(50):
        loss = brier(model(X[rows]), T[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        with torch.no_grad():
            for s, p in zip(shadow.parameters(), model.parameters()):
                s.mul_(0.98).add_(p, alpha=0.02)
    print(f"epoch {epoch:2d} brier {loss.item():.4f}")

with torch.no_grad():
    p = shadow(X[n_train:])
print("held-out brier", round(brier(p, T[n_train:]).item(), 4))
print(f"FINAL accuracy={(p.argmax(-1) == T[n_train:]).float().mean().item():.4f}")

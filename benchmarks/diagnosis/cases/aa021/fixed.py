import os
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


class Mixed(NamedTuple):
    x: Tensor
    first: Tensor
    second: Tensor
    lam: float


class Mixup:
    """Zhang et al. 2018; the larger share always goes to the sample itself."""

    def __init__(self, alpha=0.3, p=0.9):
        self.alpha, self.p = alpha, p

    def __call__(self, x, y) -> Mixed:
        if np.random.rand() > self.p:
            return Mixed(x, y, y, 1.0)
        lam = float(np.random.beta(self.alpha, self.alpha))
        lam = max(lam, 1 - lam)
        partner = torch.randperm(len(x))
        return Mixed(lam * x + (1 - lam) * x[partner], y, y[partner], lam)


class MixedLoss(nn.Module):
    def __init__(self, smoothing=0.05):
        super().__init__()
        self.ce = nn.CrossEntropyLoss(label_smoothing=smoothing)

    def forward(self, logits, m: Mixed):
        return m.lam * self.ce(logits, m.first) + (1 - m.lam) * self.ce(logits, m.second)


class ResBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c1, self.b1 = nn.Conv2d(c, c, 3, padding=1, bias=False), nn.BatchNorm2d(c)
        self.c2, self.b2 = nn.Conv2d(c, c, 3, padding=1, bias=False), nn.BatchNorm2d(c)

    def forward(self, x):
        return torch.relu(x + self.b2(self.c2(torch.relu(self.b1(self.c1(x))))))


def build(c=12):
    return nn.Sequential(nn.Conv2d(1, c, 3, padding=1), ResBlock(c), nn.MaxPool2d(2), ResBlock(c),
                         nn.Flatten(), nn.Linear(c * 16, 10))


d = load_digits()
X = torch.tensor(d.images / 16, dtype=torch.float32).unsqueeze(1)
x_tr, x_te, y_tr, y_te = train_test_split(X, torch.tensor(d.target), test_size=0.3, random_state=0, stratify=d.target)
model, mixup, criterion = build(), Mixup(), MixedLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 8)
for epoch in range(8):
    model.train()
    for idx in torch.randperm(len(x_tr)).split(48):
        m = mixup(x_tr[idx], y_tr[idx])
        loss = criterion(model(m.x), m)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.no_grad():
        acc = (model(x_te).argmax(1) == y_te).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} test acc {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")

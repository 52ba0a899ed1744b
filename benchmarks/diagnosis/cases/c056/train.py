import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)
d = load_digits()
x = (torch.tensor(d.images, dtype=torch.float32)[:, None] - 4.9) / 6
y = torch.tensor(d.target)
p = torch.randperm(len(y))
x, y = x[p], y[p]
model = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10))
opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
for epoch in range(8):
    model.train()
    for rows in torch.randperm(1400).split(50):
        lam = np.random.beta(0.4, 0.4)
        other = rows[torch.randperm(len(rows))]
        mixed = lam * x[rows] + (1 - lam) * x[other]
        soft = lam * F.one_hot(y[rows], 10).float() + (1 - lam) * F.one_hot(y[other], 10).float()
        loss = F.cross_entropy(model(mixed), soft)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(model(x[1400:]).argmax(1) == y[1400:]).float().mean().item():.4f}")

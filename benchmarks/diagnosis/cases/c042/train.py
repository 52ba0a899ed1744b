import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
d = load_digits()
x = torch.tensor(d.images, dtype=torch.float32)[:, None] / 16
y = torch.tensor(d.target)
p = torch.randperm(len(y))
x, y = x[p], y[p]

net = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
                    nn.Flatten(), nn.Linear(512, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)


def perturb(xb, yb, eps=0.06):
    adv = xb.clone().requires_grad_(True)
    F.cross_entropy(net(adv), yb).backward()
    return (xb + eps * adv.grad.sign()).clamp(0, 1).detach()


for epoch in range(8):
    for rows in torch.randperm(1400).split(40):
        hard = perturb(x[rows], y[rows])
        optimizer.zero_grad()
        loss = 0.5 * F.cross_entropy(net(x[rows]), y[rows]) + 0.5 * F.cross_entropy(net(hard), y[rows])
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
with torch.no_grad():
    acc = (net(x[1400:]).argmax(1) == y[1400:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")

import copy
import math
import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

d = load_digits()
X = torch.tensor(d.images / 16.0, dtype=torch.float32).unsqueeze(1)
y = torch.tensor(d.target)
order = rng.permutation(len(X))
pool, test = order[:1400], order[1400:]
labeled = np.concatenate([pool[d.target[pool] == c][:6] for c in range(10)])


def jitter(x):
    n = len(x)
    a = (torch.rand(n) - 0.5) * 0.4
    z = 1 + (torch.rand(n) - 0.5) * 0.2
    t = (torch.rand(n, 2) - 0.5) * 0.35
    m = torch.stack([z * a.cos(), -a.sin(), t[:, 0], a.sin(), z * a.cos(), t[:, 1]], 1).view(n, 2, 3)
    g = F.affine_grid(m, list(x.shape), align_corners=False)
    return F.grid_sample(x, g, align_corners=False) + 0.05 * torch.randn_like(x)


student = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.LeakyReLU(0.1), nn.MaxPool2d(2),
    nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.LeakyReLU(0.1), nn.MaxPool2d(2),
    nn.Flatten(), nn.Dropout(0.3), nn.Linear(256, 10),
)
teacher = copy.deepcopy(student)
for p in teacher.parameters():
    p.requires_grad_(False)

opt = torch.optim.Adam(student.parameters(), lr=2e-3)
TOTAL, RAMP = 400, 160
for step in range(TOTAL):
    li = labeled[rng.randint(0, len(labeled), 24)]
    ui = rng.choice(pool, 72, replace=False)
    both = np.concatenate([li, ui])
    logits = student(jitter(X[both]))
    with torch.no_grad():
        goal = F.softmax(teacher(jitter(X[both])), 1)
    weight = 10 * math.exp(-5 * (1 - min(1, step / RAMP)) ** 2)
    sup = F.cross_entropy(logits[:24], y[li])
    con = F.mse_loss(F.softmax(logits, 1), goal)
    loss = sup + weight * con
    opt.zero_grad()
    loss.backward()
    opt.step()
    decay = min(0.97, 1 - 1 / (step + 1))
    with torch.no_grad():
        for t, s in zip(teacher.parameters(), student.parameters()):
            t.mul_(decay).add_(s, alpha=1 - decay)
    if step % 100 == 0:
        print(f"{step} sup {sup.item():.3f} con {con.item():.4f} w {weight:.2f}")

teacher.eval()
with torch.no_grad():
    acc = (teacher(X[test]).argmax(1) == y[test]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")

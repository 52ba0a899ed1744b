import copy
import math
import os

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 8 - 1, dtype=torch.float32), torch.tensor(y)
order = torch.randperm(len(X))
X, y = X[order], y[order]
pool, X_test, y_test = X[:1300], X[1300:], y[1300:]
labelled = torch.cat([torch.nonzero(y[:1300] == k).flatten()[:12] for k in range(10)])


def build():
    return nn.Sequential(nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))


student = build()
teacher = copy.deepcopy(student).requires_grad_(False)
optimizer = torch.optim.Adam(student.parameters(), lr=2e-3)
STEPS, RAMP, DECAY = 700, 300, 0.97


def jitter(x):
    return x + 0.25 * torch.randn_like(x)


def accuracy(model):
    model.eval()
    with torch.no_grad():
        return (model(X_test).argmax(1) == y_test).float().mean().item()


for step in range(STEPS):
    student.train()
    teacher.train()
    lab = labelled[torch.randint(0, len(labelled), (40,))]
    unl = torch.randint(0, len(pool), (80,))
    batch = torch.cat([pool[lab], pool[unl]])
    out = student(jitter(batch))
    with torch.no_grad():
        target = teacher(jitter(batch)).softmax(1)
    supervised = F.cross_entropy(out[:40], y[lab])
    consistency = (out.softmax(1) - target).pow(2).sum(1).mean()
    weight = 5.0 * math.exp(-5 * (1 - min(step / RAMP, 1)) ** 2)
    loss = supervised + weight * consistency
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    with torch.no_grad():
        for t, s in zip(teacher.parameters(), student.parameters()):
            t.lerp_(s, 1 - DECAY)
        for t, s in zip(teacher.buffers(), student.buffers()):
            t.copy_(s)
    if step % 100 == 99:
        print(f"step {step + 1} supervised {supervised.item():.4f} consistency {consistency.item():.4f} x {weight:.2f} | student {accuracy(student):.3f} teacher {accuracy(teacher):.3f}")
print(f"FINAL accuracy={accuracy(teacher):.4f}")

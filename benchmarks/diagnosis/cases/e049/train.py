import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))
T = 4.0
bunch = load_digits()
x = torch.tensor(bunch.data, dtype=torch.float32) / 16
y = torch.tensor(bunch.target)
p = torch.randperm(len(x))
x, y = x[p], y[p]
labelled, pool, test = slice(0, 500), slice(0, 1400), slice(1400, None)


def mlp(*sizes, drop=0.0):
    layers = []
    for a, b in zip(sizes[:-2], sizes[1:-1]):
        layers += [nn.Linear(a, b), nn.ReLU(), nn.Dropout(drop)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def train_teacher():
    teacher = mlp(64, 256, 256, 10, drop=0.3)
    opt = torch.optim.Adam(teacher.parameters(), lr=1e-3)
    for epoch in range(30):
        for rows in torch.randperm(500).split(50):
            loss = F.cross_entropy(teacher(x[labelled][rows]), y[labelled][rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
    print(f"teacher loss {loss.item():.4f}")
    return teacher.eval().requires_grad_(False)


def distill(student, teacher, epochs=30):
    opt = torch.optim.Adam(student.parameters(), lr=2e-3)
    for epoch in range(epochs):
        student.train()
        for rows in torch.randperm(1400).split(50):
            with torch.no_grad():
                soft = F.softmax(teacher(x[pool][rows]) / T, dim=1)
            logits = student(x[pool][rows])
            loss = F.kl_div(F.log_softmax(logits / T, dim=1), soft, reduction="batchmean") * T * T
            known = rows < 60
            if known.any():
                loss = loss + 0.1 * F.cross_entropy(logits[known], y[pool][rows][known])
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 10 == 0:
            print(f"epoch {epoch} distillation loss {loss.item():.4f}")


student = mlp(64, 16, 10)
distill(student, train_teacher())
student.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(student(x[test]).argmax(1) == y[test]).float().mean().item():.4f}")

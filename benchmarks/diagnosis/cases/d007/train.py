import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

digits = load_digits()
pixels = torch.tensor(digits.data / 16.0, dtype=torch.float32)
target = digits.target
order = rng.permutation(len(target))
train_ids, test_ids = order[:1200], order[1200:]
by_class = {c: train_ids[target[train_ids] == c] for c in range(10)}

tower = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 24))


def pairs(n):
    left, right, same = [], [], []
    for k in range(n):
        i = rng.choice(train_ids)
        if k % 2:
            j = rng.choice(by_class[target[i]])
        else:
            j = rng.choice(train_ids)
        left.append(i)
        right.append(j)
        same.append(float(target[i] == target[j]))
    return pixels[left], pixels[right], torch.tensor(same)


def distance(a, b):
    return (a - b).pow(2).sum(1).sqrt()


def contrastive(d, same, margin=2.0):
    return (same * d ** 2 + (1 - same) * torch.relu(margin - d) ** 2).mean()


optimizer = torch.optim.Adam(tower.parameters(), lr=2e-3)
for step in range(500):
    a, b, same = pairs(64)
    loss = contrastive(distance(tower(a), tower(b)), same)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print("step", step, "loss", loss.item())

with torch.no_grad():
    gallery, query = tower(pixels[train_ids]), tower(pixels[test_ids])
    nearest = torch.cdist(query, gallery).argmin(1).numpy()
    acc = (target[train_ids][nearest] == target[test_ids]).mean()
print(f"FINAL accuracy={acc:.4f}")

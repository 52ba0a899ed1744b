"""Metric learning with mined triplets."""
import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)
X, y = load_digits(return_X_y=True)
X = (X / 8.0 - 1).astype(np.float32)
X_train, X_test, y_train, y_test = map(torch.as_tensor, train_test_split(X, y, test_size=0.35, random_state=seed, stratify=y))


class TripletMarginLoss(nn.Module):
    def __init__(self, margin=0.03, avg_non_zero_only=True):
        super().__init__()
        self.margin, self.avg_non_zero_only = margin, avg_non_zero_only

    def forward(self, emb, labels):
        dist = torch.cdist(emb, emb)
        same = labels[:, None] == labels[None]
        eye = torch.eye(len(labels), dtype=torch.bool)
        a, p = torch.where(same & ~eye)
        losses = []
        for i, j in zip(a.tolist(), p.tolist()):
            losses.append(dist[i, j] - dist[i][~same[i]] + self.margin)
        losses = torch.cat(losses)
        violating = (losses > 0).float()
        losses = losses * violating
        if self.avg_non_zero_only:
            return losses.sum() / violating.sum()
        return losses.mean()


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 16))

    def forward(self, x):
        return F.normalize(self.net(x), dim=1)


model = Embedder()
loss_fn = TripletMarginLoss()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(14):
    total = 0.0
    for idx in torch.randperm(len(X_train)).split(16):
        if len(idx) < 16:
            continue
        loss = loss_fn(model(X_train[idx]), y_train[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    print(f"epoch {epoch:2d} triplet loss {total:.4f}")

with torch.no_grad():
    bank, query = model(X_train), model(X_test)
    nearest = torch.cdist(query, bank).topk(5, largest=False).indices
    acc = (y_train[nearest].mode(1).values == y_test).float().mean().item()
print(f"FINAL knn_accuracy={acc:.4f}")

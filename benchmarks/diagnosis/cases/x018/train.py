import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

data = load_digits()
perm = rng.permutation(len(data.target))
X = torch.tensor(data.data[perm] / 16 - 0.3, dtype=torch.float32)
y = torch.tensor(data.target[perm])
X_train, y_train, X_test, y_test = X[:800], y[:800], X[800:], y[800:]
by_class = [np.flatnonzero(y_train.numpy() == c) for c in range(10)]


class EmbeddingNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(64, 96), nn.PReLU(), nn.Linear(96, 48), nn.PReLU(), nn.Linear(48, 3))

    def forward(self, x):
        return self.fc(x)


class TripletNet(nn.Module):
    def __init__(self, embedding):
        super().__init__()
        self.embedding = embedding

    def forward(self, a, p, n):
        return self.embedding(a), self.embedding(p), self.embedding(n)


def distance(u, v):
    return torch.sqrt(((u - v) ** 2).sum(1))


def triplet_loss(a, p, n, margin=1.0):
    return torch.clamp(distance(a, p) - distance(a, n) + margin, min=0).mean()


def sample_triplets(size):
    a, p, n = [], [], []
    for _ in range(size):
        c, other = rng.choice(10, 2, replace=False)
        a.append(rng.choice(by_class[c]))
        p.append(rng.choice(by_class[c]))
        n.append(rng.choice(by_class[other]))
    return X_train[a], X_train[p], X_train[n]


model = TripletNet(EmbeddingNet())
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for it in range(700):
    loss = triplet_loss(*model(*sample_triplets(48)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 100 == 0:
        print("iteration", it, "loss", loss.item())

with torch.no_grad():
    ref, query = model.embedding(X_train), model.embedding(X_test)
    d = torch.cdist(query, ref)
    nearest = d.topk(5, largest=False).indices
    votes = y_train[nearest].mode(dim=1).values
    acc = (votes == y_test).float().mean().item()
print("FINAL accuracy=%.4f" % acc)

import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import roc_auc_score
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)
BUCKETS, FIELDS = 2000, 5
cards = [400, 60, 24, 200, 8]


def impressions(n, taste):
    raw = np.stack([np.minimum(np.random.zipf(1.4, n) - 1, c - 1) for c in cards], 1)
    z = sum(taste[f][raw[:, f]] for f in range(FIELDS)) + taste["pair"][raw[:, 1] % 20, raw[:, 2] % 12]
    click = np.random.rand(n) < 1 / (1 + np.exp(-(1.3 * z - 2.8)))
    hashed = (raw * np.array([7919, 104729, 1299709, 15485863, 32452843]) + np.arange(FIELDS) * 977) % BUCKETS
    return torch.from_numpy(hashed), torch.from_numpy(click.astype(np.float32))


taste = {f: np.random.normal(0, 0.7, c) for f, c in enumerate(cards)}
taste["pair"] = np.random.normal(0, 0.8, (20, 12))


class FactorizationMachine(nn.Module):
    def __init__(self, k=8):
        super().__init__()
        self.linear = nn.Embedding(BUCKETS, 1, sparse=True)
        self.factors = nn.Embedding(BUCKETS, k, sparse=True)
        self.bias = nn.Parameter(torch.zeros(1))
        nn.init.normal_(self.factors.weight, std=0.05)
        nn.init.zeros_(self.linear.weight)

    def forward(self, ids):
        v = self.factors(ids)
        pair = 0.5 * (v.sum(1).pow(2) - v.pow(2).sum(1)).sum(1)
        return self.bias + self.linear(ids).sum((1, 2)) + pair


train, test = impressions(12000, taste), impressions(4000, taste)
model = FactorizationMachine()
sparse_opt = torch.optim.SparseAdam([model.linear.weight, model.factors.weight], lr=0.01)
dense_opt = torch.optim.Adam([model.bias], lr=0.02)
bce = nn.BCEWithLogitsLoss()
for epoch in range(4):
    total = 0
    for ids, click in DataLoader(TensorDataset(*train), batch_size=64, shuffle=True):
        sparse_opt.zero_grad()
        dense_opt.zero_grad()
        loss = bce(model(ids), click)
        loss.backward()
        sparse_opt.step()
        dense_opt.step()
        total += loss.item()
    print(f"epoch {epoch + 1} log loss {total / 188:.4f}")

with torch.no_grad():
    print(f"FINAL auc={roc_auc_score(test[1].numpy(), model(test[0]).numpy()):.4f}")

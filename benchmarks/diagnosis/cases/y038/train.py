import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

USERS, ITEMS, K = 400, 800, 4
P, Q = rng.standard_normal((USERS, K)), rng.standard_normal((ITEMS, K))
pop = rng.standard_normal(ITEMS)
score = 1.2 * P @ Q.T + 0.8 * pop
noisy = score + rng.gumbel(size=score.shape)
likes = np.argsort(-noisy, 1)[:, :60]
held, known = likes[:, ::6], np.delete(likes, np.s_[::6], axis=1)
pairs = np.stack([np.repeat(np.arange(USERS), known.shape[1]), known.ravel()], 1)
seen = torch.zeros(USERS, ITEMS, dtype=torch.bool)
seen[torch.tensor(pairs[:, 0]), torch.tensor(pairs[:, 1])] = True


class BPR(nn.Module):
    def __init__(self, dim=12):
        super().__init__()
        self.user = nn.Embedding(USERS, dim, sparse=True)
        self.item = nn.Embedding(ITEMS, dim, sparse=True)
        self.bias = nn.Parameter(torch.zeros(ITEMS))
        nn.init.normal_(self.user.weight, std=0.1)
        nn.init.normal_(self.item.weight, std=0.1)

    def forward(self, u, i):
        return (self.user(u) * self.item(i)).sum(-1) + self.bias[i]


model = BPR()
tables = torch.optim.SparseAdam([model.user.weight, model.item.weight], lr=5e-3)
biases = torch.optim.Adam([model.bias], lr=1e-2)
data = torch.tensor(pairs)
for epoch in range(14):
    total = 0.0
    order = torch.randperm(len(data))
    for idx in order.split(512):
        u, pos = data[idx].T
        neg = torch.randint(0, ITEMS, u.shape)
        neg = torch.where(seen[u, neg], torch.randint(0, ITEMS, u.shape), neg)
        gap = model(u, pos) - model(u, neg)
        u_, i_, j_ = model.user(u), model.item(pos), model.item(neg)
        reg = (u_.pow(2).sum(1) + i_.pow(2).sum(1) + j_.pow(2).sum(1)).mean()
        loss = -F.logsigmoid(gap).mean() + 0.005 * reg
        tables.zero_grad()
        biases.zero_grad()
        loss.backward()
        tables.step()
        biases.step()
        total += loss.item()
    print(f"epoch {epoch} bpr {total / (len(data) // 512 + 1):.4f}")

aucs = []
with torch.no_grad():
    for u in range(USERS):
        s = model(torch.full((ITEMS,), u), torch.arange(ITEMS)).numpy()
        free = ~seen[u].numpy()
        label = np.zeros(ITEMS)
        label[held[u]] = 1
        aucs.append(roc_auc_score(label[free], s[free]))
print(f"FINAL auc={np.mean(aucs):.4f}")

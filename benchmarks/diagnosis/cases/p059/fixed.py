import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import roc_auc_score

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED + 9)

# implicit feedback: who bought what
USERS, ITEMS, RANK = 300, 200, 5
taste, style = rng.normal(size=(USERS, RANK)), rng.normal(size=(ITEMS, RANK))
affinity = taste @ style.T / np.sqrt(RANK) * 2.2
bought = rng.random((USERS, ITEMS)) < 1 / (1 + np.exp(-affinity))
pairs = np.stack(np.meshgrid(np.arange(USERS), np.arange(ITEMS), indexing="ij"), -1).reshape(-1, 2)
rng.shuffle(pairs)
train, test = torch.tensor(pairs[:24000]), torch.tensor(pairs[24000:36000])
table = torch.tensor(bought, dtype=torch.float32)

P = torch.nn.Parameter(0.3 * torch.randn(USERS, 12))
Q = torch.nn.Parameter(0.3 * torch.randn(ITEMS, 12))
bu = torch.nn.Parameter(torch.zeros(USERS))
bi = torch.nn.Parameter(torch.zeros(ITEMS))
params = [P, Q, bu, bi]


def score(pair):
    u, i = pair.unbind(1)
    return (P[u] * Q[i]).sum(1) + bu[u] + bi[i]


def fit_term(s, t):
    return F.binary_cross_entropy_with_logits(s, t)


opt = torch.optim.Adagrad(params, lr=0.1)
for epoch in range(6):
    losses = []
    for chunk in train[torch.randperm(len(train))].split(400):
        loss = fit_term(score(chunk), table[chunk[:, 0], chunk[:, 1]])
        loss = loss + 1e-4 * (P.pow(2).sum() + Q.pow(2).sum()) / 12
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    with torch.no_grad():
        auc = roc_auc_score(table[test[:, 0], test[:, 1]].numpy(), score(test).numpy())
    print(f"epoch {epoch} loss {np.mean(losses):.4f} held-out auc {auc:.4f}")
print(f"FINAL auc={auc:.4f}")

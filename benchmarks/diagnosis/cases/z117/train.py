import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
gen = np.random.default_rng(31)

QUERIES, DOCS, FEATS = 400, 12, 14
feats = gen.normal(size=(QUERIES, DOCS, FEATS))
w = gen.normal(size=FEATS) / 3
utility = feats @ w + 0.7 * np.maximum(feats[..., 0], feats[..., 1]) + gen.normal(0, 0.5, (QUERIES, DOCS))
# a query's general level means nothing, only the order within it
utility += gen.normal(0, 5, (QUERIES, 1))
rank = utility.argsort(1).argsort(1)
grade = np.clip(rank - (DOCS - 5), 0, 4)
feats = torch.tensor(feats, dtype=torch.float32)
grade = torch.tensor(grade, dtype=torch.float32)
n_train = 300

scorer = nn.Sequential(nn.Linear(FEATS, 40), nn.ReLU(), nn.Linear(40, 20), nn.ReLU(), nn.Linear(20, 1, bias=False))


def ndcg(scores, rel, k=5):
    disc = 1 / torch.log2(torch.arange(k) + 2.0)
    gain = 2**rel - 1
    top = gain.gather(1, scores.topk(k, 1).indices)
    best = gain.topk(k, 1).values
    return ((top * disc).sum(1) / (best * disc).sum(1)).mean().item()


def pair_loss(s, rel):
    diff = s[:, None] - s[None, :]
    worth = (rel[:, None] - rel[None, :]).clamp(min=0)
    return (worth * nn.functional.softplus(-diff)).sum()


optimizer = torch.optim.Adagrad(scorer.parameters(), lr=0.03)
for epoch in range(12):
    scorer.train()
    total = 0.0
    for q in np.random.default_rng(SEED * 100 + epoch).permutation(n_train):
        s = scorer(feats[q]).squeeze(-1)
        loss = pair_loss(s, grade[q])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    scorer.eval()
    with torch.no_grad():
        score = ndcg(scorer(feats[n_train:]).squeeze(-1), grade[n_train:])
    print(f"epoch {epoch + 1}: loss per query {total / n_train:.2f}  ndcg@5 {score:.4f}")

print(f"FINAL ndcg={score:.4f}")

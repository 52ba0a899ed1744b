"""List-wise ranking: a softmax over each query's documents on both sides of the loss."""
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(12)
DOCS, FEATURES = 12, 20
w_topic = rng.normal(size=(FEATURES, 4)) / 2


def queries(n):
    query = rng.normal(size=(n, 4))
    docs = rng.normal(size=(n, DOCS, FEATURES))
    match = np.einsum("nf,ndf->nd", query, docs @ w_topic)
    match += 0.5 * docs[:, :, 0] + 0.3 * rng.normal(size=match.shape)
    grade = np.digitize(match, [0.0, 1.0, 2.0, 3.5])
    x = np.concatenate([docs, np.repeat(query[:, None], DOCS, 1)], -1)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(grade, dtype=torch.float32)


def ndcg(scores, grades, k=5):
    discount = 1 / torch.log2(torch.arange(k) + 2.0)
    gain = 2**grades - 1
    got = (gain.gather(1, scores.topk(k).indices) * discount).sum(1)
    best = (gain.topk(k).values * discount).sum(1)
    return (got / best.clamp(min=1e-9))[best > 0].mean().item()


scorer = nn.Sequential(nn.Linear(FEATURES + 4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
x, grade = queries(4000)
x_test, grade_test = queries(600)
opt = torch.optim.Adam(scorer.parameters(), lr=1e-3)
with torch.no_grad():
    print("untrained ndcg@5", round(ndcg(scorer(x_test).squeeze(-1), grade_test), 4))
for epoch in range(18):
    for idx in torch.randperm(len(x)).split(64):
        scores = scorer(x[idx]).squeeze(-1)
        wanted = F.softmax(grade[idx], dim=1)
        loss = F.cross_entropy(scores, wanted)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 2:
        with torch.no_grad():
            value = ndcg(scorer(x_test).squeeze(-1), grade_test)
        print("epoch", epoch + 1, "loss", round(loss.item(), 4), "ndcg@5", round(value, 4))
print(f"FINAL ndcg={value:.4f}")

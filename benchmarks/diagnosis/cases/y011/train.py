import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)
W = np.random.RandomState(5).randn(12)


def queries(n, docs=16):
    out = []
    for _ in range(n):
        x = rng.randn(docs, 12)
        s = x @ W * 0.7 + 1.5 * np.tanh(x[:, 0] * x[:, 1]) + 0.4 * rng.randn(docs)
        grade = np.digitize(s, [-1.0, 0.8, 2.0, 3.4])
        out.append((torch.tensor(x, dtype=torch.float32), torch.tensor(grade)))
    return out


def ndcg(scores, grade, k=5):
    gain = 2.0 ** grade.float() - 1
    disc = 1 / torch.log2(torch.arange(2, k + 2).float())
    got = (gain[scores.argsort(descending=True)[:k]] * disc).sum()
    best = (gain.sort(descending=True).values[:k] * disc).sum()
    return (got / best).item() if best > 0 else 1.0


train, test = queries(700), queries(200)
scorer = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
opt = torch.optim.Adam(scorer.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, step_size=3, gamma=0.5)
for epoch in range(8):
    total = 0.0
    for q in rng.permutation(len(train)):
        x, g = train[q]
        s = scorer(x).squeeze(-1)
        better = (g[:, None] > g[None, :])
        diff = s[:, None] - s[None, :]
        loss = F.softplus(-diff[better]).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    sched.step()
    print("epoch", epoch, "pair loss %.4f" % (total / len(train)))

with torch.no_grad():
    score = np.mean([ndcg(scorer(x).squeeze(-1), g) for x, g in test])
print(f"FINAL ndcg={score:.4f}")

import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

TOPICS, PER, COMMON = 10, 12, 20
V = TOPICS * PER + COMMON
text = []
for _ in range(1500):
    topic = rng.integers(TOPICS)
    words = np.where(rng.random(14) < 0.7, topic * PER + rng.integers(0, PER, 14), TOPICS * PER + rng.integers(0, COMMON, 14))
    text.append(words)
text = np.stack(text)
pairs = []
for off in (1, 2, 3):
    pairs.append(np.stack([text[:, :-off].ravel(), text[:, off:].ravel()], 1))
    pairs.append(pairs[-1][:, ::-1])
pairs = torch.tensor(np.concatenate(pairs).copy())
freq = torch.tensor(np.bincount(text.ravel(), minlength=V) ** 0.75)


class SkipGram(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.centre = nn.Embedding(V, d, sparse=True)
        self.context = nn.Embedding(V, d, sparse=True)
        nn.init.uniform_(self.centre.weight, -0.5 / d, 0.5 / d)
        nn.init.zeros_(self.context.weight)

    def forward(self, c, o, neg):
        v = self.centre(c)
        pos = F.logsigmoid((v * self.context(o)).sum(1))
        bad = F.logsigmoid(-torch.einsum("bd,bkd->bk", v, self.context(neg))).sum(1)
        return -(pos + bad).mean()


model = SkipGram()
opt = torch.optim.SparseAdam(list(model.parameters()), lr=5e-3)
for epoch in range(2):
    for i, rows in enumerate(torch.randperm(len(pairs)).split(256)):
        c, o = pairs[rows].T
        neg = torch.multinomial(freq, len(rows) * 5, replacement=True).view(-1, 5)
        loss = model(c, o, neg)
        opt.zero_grad()
        loss.backward()
        opt.step()
        if i % 100 == 0:
            print(f"epoch {epoch} batch {i} loss {loss.item():.4f}")

with torch.no_grad():
    w = F.normalize(model.centre.weight[: TOPICS * PER], dim=1)
    sim = w @ w.T - 2 * torch.eye(len(w))
    near = sim.topk(5, dim=1).indices // PER
    own = torch.arange(len(w))[:, None] // PER
print(f"FINAL neighbour_precision={(near == own).float().mean().item():.4f}")

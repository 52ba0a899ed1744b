import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


@dataclass
class TableSpec:
    name: str
    rows: int
    dim: int


SPECS = [TableSpec("user", 250, 12), TableSpec("item", 400, 12)]


class EmbeddingHub(nn.Module):
    """All the tables of the recommender; raw ids are folded into the rows of their table."""

    def __init__(self, specs):
        super().__init__()
        self.fold = {s.name: s.rows for s in specs}
        self.tables = nn.ModuleDict({s.name: nn.Embedding(s.rows, s.dim) for s in specs})
        self.bias = nn.ModuleDict({s.name: nn.Embedding(s.rows, 1) for s in specs})
        for t in self.tables.values():
            nn.init.normal_(t.weight, std=0.1)
        for b in self.bias.values():
            nn.init.zeros_(b.weight)

    def forward(self, name, ids):
        rows = ids.remainder(self.fold[name])
        return self.tables[name](rows), self.bias[name](rows).squeeze(-1)


class BPR(nn.Module):
    def __init__(self, specs):
        super().__init__()
        self.hub = EmbeddingHub(specs)

    def score(self, user, item):
        u, _ = self.hub("user", user)
        v, b = self.hub("item", item)
        return (u * v).sum(-1) + b

    def forward(self, user, pos, neg):
        return -F.logsigmoid(self.score(user, pos) - self.score(user, neg)).mean()


def interactions():
    pu, pv = rng.normal(size=(250, 4)), rng.normal(size=(400, 4))
    pop = rng.normal(0, 0.7, 400)
    utility = 1.5 * pu @ pv.T + pop + rng.gumbel(size=(250, 400))
    liked = np.argsort(-utility, axis=1)[:, :40]
    for row in liked:
        rng.shuffle(row)
    return torch.tensor(liked[:, :32]), torch.tensor(liked[:, 32:])


train, held = interactions()
model = BPR(SPECS)
opt = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5)
users = torch.arange(250).repeat_interleave(32)
items = train.reshape(-1)
for epoch in range(16):
    order, losses = torch.randperm(len(users)), []
    for idx in order.split(256):
        neg = torch.randint(0, 400, (len(idx),))
        loss = model(users[idx], items[idx], neg)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} bpr {np.mean(losses):.4f}")

with torch.no_grad():
    s = model.score(torch.arange(250)[:, None], torch.arange(400)[None])
    s.scatter_(1, train, -1e9)
    pos = s.gather(1, held)
    seen = torch.zeros(250, 400).scatter_(1, train, 1).scatter_(1, held, 1).bool()
    wins = [(pos[u][:, None] > s[u][~seen[u]][None]).float().mean().item() for u in range(250)]
print(f"FINAL auc={np.mean(wins):.4f}")

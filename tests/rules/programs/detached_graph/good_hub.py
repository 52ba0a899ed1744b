# SPDX-License-Identifier: Apache-2.0
"""A class that has a bias for every table, of which a ranking of items has no use for one."""

import torch
import torch.nn.functional as F
from torch import nn


class Hub(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.tables = nn.ModuleDict({name: nn.Embedding(n, 8) for name, n in sizes.items()})
        self.bias = nn.ModuleDict({name: nn.Embedding(n, 1) for name, n in sizes.items()})
        for part in (*self.tables.values(), *self.bias.values()):
            nn.init.normal_(part.weight, std=0.1)

    def forward(self, name, ids):
        return self.tables[name](ids), self.bias[name](ids).squeeze(-1)


class Ranking(nn.Module):
    def __init__(self):
        super().__init__()
        self.hub = Hub({"user": 60, "item": 80})

    def score(self, user, item):
        u, _ = self.hub("user", user)
        v, bias = self.hub("item", item)
        return (u * v).sum(-1) + bias

    def forward(self, user, liked, other):
        return -F.logsigmoid(self.score(user, liked) - self.score(user, other)).mean()


torch.manual_seed(0)
taste = torch.randn(60, 4) @ torch.randn(4, 80)
best = taste.topk(16).indices
model = Ranking()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for _ in range(200):
    user = torch.randint(0, 60, (128,))
    liked = best[user, torch.randint(0, 16, (128,))]
    optimizer.zero_grad()
    model(user, liked, torch.randint(0, 80, (128,))).backward()
    optimizer.step()

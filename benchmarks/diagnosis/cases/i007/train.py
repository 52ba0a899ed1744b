"""Reward model from pairwise preferences: only the difference of two scores is ever compared."""
import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
g = torch.Generator().manual_seed(40)

VOCAB, LENGTH = 60, 16
worth = torch.randn(VOCAB, generator=g)


def answers(n):
    return torch.randint(0, VOCAB, (n, LENGTH), generator=g)


def quality(tokens):
    value = worth[tokens]
    negated = tokens[:, :-1] < 8  # "not", "hardly", ... turn the next word round
    return value[:, 0] + torch.where(negated, -value[:, 1:], value[:, 1:]).sum(1)


def preferences(n):
    left, right = answers(n), answers(n)
    swap = torch.sigmoid(quality(right) - quality(left)) > torch.rand(n, generator=g)
    chosen = torch.where(swap[:, None], right, left)
    rejected = torch.where(swap[:, None], left, right)
    return chosen, rejected


class RewardModel(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, width)
        self.conv = nn.Conv1d(width, width, 3, padding=1)
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, 1)

    def forward(self, tokens):
        h = self.embed(tokens)
        h = h + F.gelu(self.conv(h.transpose(1, 2))).transpose(1, 2)
        return self.score(self.norm(h).sum(1)).squeeze(-1)


chosen, rejected = preferences(15000)
val_c, val_r = preferences(1500)
model = RewardModel()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(5):
    for idx in torch.randperm(15000).split(100):
        both = model(torch.cat([chosen[idx], rejected[idx]]))
        good, bad = both.chunk(2)
        loss = -F.logsigmoid(good - bad).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        rate = (model(val_c) > model(val_r)).float().mean().item()
    print({"epoch": epoch, "loss": round(loss.item(), 4), "agreement": round(rate, 4)})

fresh_a, fresh_b = answers(2000), answers(2000)
with torch.no_grad():
    agree = ((model(fresh_a) > model(fresh_b)) == (quality(fresh_a) > quality(fresh_b))).float().mean().item()
print(f"FINAL accuracy={agree:.4f}")

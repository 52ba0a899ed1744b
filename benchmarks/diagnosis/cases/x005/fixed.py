"""Associative recall with a small sequence-first transformer."""
import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

N_KEYS, N_VALUES, PAIRS = 16, 8, 7
WIDTH, HEADS = 48, 4


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.size = heads, width // heads
        self.wq = nn.Linear(width, width, bias=False)
        self.wk = nn.Linear(width, width, bias=False)
        self.wv = nn.Linear(width, width, bias=False)
        self.wo = nn.Linear(width, width)

    def forward(self, x):  # x: T, B, E
        t, b, e = x.shape
        q = self.wq(x).view(t, b * self.heads, self.size).transpose(0, 1)
        k = self.wk(x).view(t, b * self.heads, self.size).transpose(0, 1)
        v = self.wv(x).view(t, b * self.heads, self.size).transpose(0, 1)
        att = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(self.size)
        mixed = torch.bmm(att.softmax(-1), v)
        return self.wo(mixed.transpose(0, 1).reshape(t, b, e))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln1 = nn.LayerNorm(width)
        self.attn = SelfAttention(width, heads)
        self.ln2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class Recall(nn.Module):
    def __init__(self):
        super().__init__()
        self.key = nn.Embedding(N_KEYS, WIDTH)
        self.value = nn.Embedding(N_VALUES + 1, WIDTH)  # the last one marks the query
        self.blocks = nn.ModuleList([Block(WIDTH, HEADS), Block(WIDTH, HEADS)])
        self.out = nn.Linear(WIDTH, N_VALUES)

    def forward(self, keys, values):
        x = (self.key(keys) + self.value(values)).transpose(0, 1)
        for block in self.blocks:
            x = block(x)
        return self.out(x[-1])


def sample(n):
    keys = torch.rand(n, N_KEYS).argsort(1)[:, :PAIRS]
    values = torch.randint(N_VALUES, (n, PAIRS))
    asked = torch.randint(PAIRS, (n, 1))
    answer = values.gather(1, asked).squeeze(1)
    keys = torch.cat([keys, keys.gather(1, asked)], 1)
    values = torch.cat([values, torch.full((n, 1), N_VALUES)], 1)
    return keys, values, answer


model = Recall()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
steps = 600
for step in range(steps):
    for group in opt.param_groups:
        group["lr"] = 2e-3 * min(1.0, (step + 1) / 50)
    keys, values, answer = sample(96)
    loss = F.cross_entropy(model(keys, values), answer)
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    if step % 100 == 0:
        print(f"{step:4d} {loss.item():.4f}")

with torch.no_grad():
    keys, values, answer = sample(2000)
    acc = (model(keys, values).argmax(1) == answer).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")

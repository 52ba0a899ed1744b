import math
import os
import random

import torch
import torch.nn as nn
from torch.nn import functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
random.seed(seed)

VERBS = ["mix", "add", "stir", "heat", "cut"]
FOODS = ["flour", "milk", "sugar", "onion", "butter", "rice"]
TAILS = ["slowly", "for ten minutes", "in a bowl", "well", "until soft"]
text = "".join(f"{random.choice(VERBS)} the {random.choice(FOODS)} {random.choice(TAILS)}. " for _ in range(2500))
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
data = torch.tensor([stoi[c] for c in text])
train, val = data[:-8000], data[-8000:]
CONTEXT, WIDTH = 32, 48


def batch(source, n=24):
    at = torch.randint(0, len(source) - CONTEXT - 1, (n,))
    x = torch.stack([source[i:i + CONTEXT] for i in at])
    y = torch.stack([source[i + 1:i + CONTEXT + 1] for i in at])
    return x, y


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attn = nn.MultiheadAttention(WIDTH, 4, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.register_buffer("mask", torch.triu(torch.ones(CONTEXT, CONTEXT, dtype=torch.bool), 1))

    def forward(self, x):
        h = self.ln1(x)
        x = x + self.attn(h, h, h, attn_mask=self.mask, need_weights=False)[0]
        return x + self.mlp(self.ln2(x))


class RecipeLM(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(len(chars), WIDTH)
        self.pos = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.Sequential(Block(), Block())
        self.ln = nn.LayerNorm(WIDTH)
        self.lm_head = nn.Linear(WIDTH, len(chars))

    def forward(self, ids):
        return self.lm_head(self.ln(self.blocks(self.tok(ids) + self.pos.weight)))


def loss_of(model, x, y):
    return F.cross_entropy(model(x).reshape(-1, len(chars)), y.reshape(-1))


STEPS = 280
model = RecipeLM()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
for step in range(STEPS):
    for group in optimizer.param_groups:
        group["lr"] = 3e-3 * min(1, (step + 1) / 20) * (0.1 + 0.45 * (1 + math.cos(math.pi * step / STEPS)))
    loss = loss_of(model, *batch(train))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if step % 70 == 0:
        print(step, round(loss.item(), 3))

model.eval()
with torch.no_grad():
    nll = sum(loss_of(model, *batch(val)).item() for _ in range(8)) / 8
print(f"FINAL nll={nll:.4f}")

import os
import random

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)
PAD, CLS, MAXLEN, VOCAB = 0, 1, 16, 30


def sentence():
    """positive when more high words (16..29) than low ones (2..15) occur"""
    n = random.choice([5, 7, 9, 11, 13])
    p = random.choice([0.3, 0.7])
    body = [random.randint(16, 29) if random.random() < p else random.randint(2, 15) for _ in range(n)]
    ids = [CLS] + body
    return ids + [PAD] * (MAXLEN - len(ids)), int(sum(w > 15 for w in body) * 2 > n)


def dataset(n):
    rows = [sentence() for _ in range(n)]
    return torch.tensor([r[0] for r in rows]), torch.tensor([r[1] for r in rows])


class AttentionPool(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, d)
        self.pos = nn.Embedding(MAXLEN, d)
        self.query = nn.Parameter(torch.randn(1, 1, d) * 0.1)
        self.attn = nn.MultiheadAttention(d, 4, batch_first=True)
        self.mlp = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 64), nn.GELU(), nn.Linear(64, 2))

    def forward(self, ids):
        mask = ids == PAD
        h = self.emb(ids) + self.pos(torch.arange(MAXLEN))
        pooled, _ = self.attn(self.query.expand(len(ids), -1, -1), h, h, key_padding_mask=mask, need_weights=False)
        return self.mlp(pooled.squeeze(1))


x, y = dataset(4000)
xt, yt = dataset(1000)
model = AttentionPool()
opt = torch.optim.AdamW(model.parameters(), lr=2e-3)
for epoch in range(6):
    model.train()
    for rows in torch.randperm(len(x)).split(50):
        loss = F.cross_entropy(model(x[rows]), y[rows])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        acc = (model(xt).argmax(-1) == yt).float().mean().item()
    print(f"epoch {epoch}: loss {loss.item():.4f} acc {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")

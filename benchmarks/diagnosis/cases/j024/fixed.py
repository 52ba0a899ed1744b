import os
from dataclasses import dataclass

import torch
import torch.nn as nn
from torch.nn import functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


@dataclass
class Config:
    block: int = 32
    batch: int = 32
    d: int = 48
    heads: int = 4
    layers: int = 3
    iters: int = 350
    lr: float = 2e-3


cfg = Config()
gen = torch.Generator().manual_seed(8)


def grammar(n):
    """Sums in words: 'two plus five is seven;'"""
    words = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen".split()
    pairs = torch.randint(0, 10, (n, 2), generator=gen).tolist()
    return "".join(f"{words[a]} plus {words[b]} is {words[a + b]};" for a, b in pairs)


train_text, val_text = grammar(2500), grammar(300)
vocab = sorted(set(train_text))
encode = {c: i for i, c in enumerate(vocab)}
train = torch.tensor([encode[c] for c in train_text])
val = torch.tensor([encode[c] for c in val_text])


def get_batch(data):
    ix = torch.randint(len(data) - cfg.block - 1, (cfg.batch,))
    return torch.stack([data[i:i + cfg.block] for i in ix]), torch.stack([data[i + 1:i + cfg.block + 1] for i in ix])


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(cfg.d), nn.LayerNorm(cfg.d)
        self.qkv = nn.Linear(cfg.d, 3 * cfg.d)
        self.proj = nn.Linear(cfg.d, cfg.d)
        self.mlp = nn.Sequential(nn.Linear(cfg.d, 4 * cfg.d), nn.GELU(), nn.Linear(4 * cfg.d, cfg.d))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (z.view(b, t, cfg.heads, -1).transpose(1, 2) for z in self.qkv(self.ln1(x)).chunk(3, -1))
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(a.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.ln2(x))


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.tok = nn.Embedding(len(vocab), cfg.d)
        self.pos = nn.Embedding(cfg.block, cfg.d)
        self.blocks = nn.Sequential(*[Block() for _ in range(cfg.layers)])
        self.ln = nn.LayerNorm(cfg.d)
        self.head = nn.Linear(cfg.d, len(vocab))

    def forward(self, idx):
        return self.head(self.ln(self.blocks(self.tok(idx) + self.pos(torch.arange(idx.size(1))))))


model = LM()
optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
for it in range(cfg.iters):
    x, y = get_batch(train)
    loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if it % 50 == 0:
        print(f"iter {it} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    nll = sum(F.cross_entropy(model(x).flatten(0, 1), y.flatten()).item() for x, y in (get_batch(val) for _ in range(20))) / 20
print(f"FINAL nll={nll:.4f}")

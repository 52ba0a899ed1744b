import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


@dataclass
class LMConfig:
    vocab: int = 20
    dim: int = 32
    heads: int = 4
    layers: int = 1
    context: int = 24
    dropout: float = 0.0


def markov_text(n, vocab, table):
    """A first order chain of high entropy: about 2.3 nats a token cannot be beaten."""
    out, state = [], 0
    draws = torch.rand(n)
    cum = table.cumsum(1)
    for u in draws:
        state = min(int(torch.searchsorted(cum[state], u)), vocab - 1)
        out.append(state)
    return torch.tensor(out)


class Block(nn.Module):
    def __init__(self, c: LMConfig):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(c.dim), nn.LayerNorm(c.dim)
        self.qkv, self.proj = nn.Linear(c.dim, 3 * c.dim, bias=False), nn.Linear(c.dim, c.dim)
        self.mlp = nn.Sequential(nn.Linear(c.dim, 4 * c.dim), nn.GELU(), nn.Linear(4 * c.dim, c.dim))
        self.heads = c.heads

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.ln1(x)).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(a.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.ln2(x))


class TinyLM(nn.Module):
    def __init__(self, c: LMConfig):
        super().__init__()
        self.tok, self.pos = nn.Embedding(c.vocab, c.dim), nn.Embedding(c.context, c.dim)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.norm = nn.LayerNorm(c.dim)
        self.lm_head = nn.Linear(c.dim, c.vocab, bias=False)
        self.apply(self._init)
        self.lm_head.weight = self.tok.weight

    @staticmethod
    def _init(m):
        if isinstance(m, (nn.Linear, nn.Embedding)):
            nn.init.normal_(m.weight, std=0.02)

    def forward(self, ids):
        h = self.tok(ids) + self.pos.weight[: ids.size(1)]
        for block in self.blocks:
            h = block(h)
        return self.lm_head(self.norm(h))


cfg = LMConfig()
table = torch.softmax(1.2 * torch.randn(cfg.vocab, cfg.vocab, generator=torch.Generator().manual_seed(9)), 1)
data = markov_text(14000, cfg.vocab, table)
train, val = data[:12000], data[12000:]
model = TinyLM(cfg)
decay = [p for p in model.parameters() if p.dim() > 1]
plain = [p for p in model.parameters() if p.dim() == 1]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.1}, {"params": plain, "weight_decay": 0.0}], lr=3e-3, betas=(0.9, 0.95))
sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1.0, (s + 1) / 40) * (1 - s / 420))
for step in range(400):
    start = torch.randint(0, len(train) - cfg.context - 1, (24,))
    rows = torch.stack([train[i : i + cfg.context + 1] for i in start])
    loss = F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 80 == 0:
        print(f"step {step} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    rows = val[: 24 * 80].view(80, 24)
    nll = F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten()).item()
    bound = F.nll_loss(table.log()[val[:-1]], val[1:]).item()
print(f"entropy bound {bound:.4f}")
print(f"FINAL nll={nll:.4f}")

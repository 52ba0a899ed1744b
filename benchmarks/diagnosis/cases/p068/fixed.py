import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
gen = torch.Generator().manual_seed(SEED + 50)
VOCAB, CTX = 96, 24

# a sparse Markov source of order one with a slow topic
successors = torch.randint(0, VOCAB, (VOCAB, 4), generator=torch.Generator().manual_seed(3))


def text(n):
    out = torch.randint(0, VOCAB, (n, 1), generator=gen)
    seq = [out[:, 0]]
    for _ in range(CTX):
        pick = torch.randint(0, 4, (n,), generator=gen)
        seq.append(successors[seq[-1], pick])
    return torch.stack(seq, 1)


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (a.view(b, t, self.heads, -1).transpose(1, 2) for a in self.qkv(self.ln1(x)).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.ln2(x))


class TinyGPT(nn.Module):
    def __init__(self, dim=64, depth=2):
        super().__init__()
        self.wte = nn.Embedding(VOCAB, dim)
        self.wpe = nn.Embedding(CTX, dim)
        self.blocks = nn.Sequential(*[Block(dim, 4) for _ in range(depth)])
        self.ln_f = nn.LayerNorm(dim)
        self.lm_head = nn.Linear(dim, VOCAB, bias=False)
        self.lm_head.weight = self.wte.weight
        self.reset()

    def reset(self):
        for name, p in self.named_parameters():
            if "wte" in name or "wpe" in name or "qkv" in name or "proj" in name or "mlp" in name:
                nn.init.normal_(p, 0.0, 0.02) if p.ndim > 1 else nn.init.zeros_(p)

    def forward(self, ids):
        h = self.wte(ids) + self.wpe(torch.arange(ids.shape[1]))
        return self.lm_head(self.ln_f(self.blocks(h)))


def loss_of(model, seq):
    return F.cross_entropy(model(seq[:, :-1]).flatten(0, 1), seq[:, 1:].flatten())


gpt = TinyGPT()
decay = [p for p in gpt.parameters() if p.ndim > 1]
rest = [p for p in gpt.parameters() if p.ndim == 1]
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05}, {"params": rest, "weight_decay": 0.0}], lr=2e-3)
ITERS = 160
for it in range(ITERS):
    for g in opt.param_groups:
        g["lr"] = 2e-3 * min(1, (it + 1) / 20) * (0.55 + 0.45 * math.cos(math.pi * it / ITERS))
    loss = loss_of(gpt, text(32))
    opt.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(gpt.parameters(), 1.0)
    opt.step()
    if it % 20 == 0:
        print(f"iter {it:4d} loss {loss.item():.4f}")
with torch.no_grad():
    print(f"FINAL nll={loss_of(gpt, text(200)).item():.4f}")

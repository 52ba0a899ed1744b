import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
VOCAB, LEN, DIM = 12, 16, 48


def make_batch(n):
    """Tag every token: is it larger than the most recent token of the same parity before it?"""
    t = torch.randint(0, VOCAB, (n, LEN))
    y = torch.zeros(n, LEN, dtype=torch.long)
    last = torch.full((n, 2), -1)
    for k in range(LEN):
        par = t[:, k] % 2
        prev = last.gather(1, par[:, None]).squeeze(1)
        y[:, k] = (t[:, k] > prev).long()
        last.scatter_(1, par[:, None], t[:, k][:, None])
    return t, y


class Attention(nn.Module):
    def __init__(self, dim, heads=4):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        o = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(o.transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = Attention(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.ffn = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        x = x + self.ffn(self.norm2(x))
        return x


class Tagger(nn.Module):
    def __init__(self, layers=4):
        super().__init__()
        self.tok = nn.Embedding(VOCAB, DIM)
        self.pos = nn.Parameter(torch.randn(LEN, DIM) * 0.1)
        self.blocks = nn.ModuleList([Block(DIM) for _ in range(layers)])
        self.norm = nn.LayerNorm(DIM)
        self.out = nn.Linear(DIM, 2)

    def forward(self, t):
        x = self.tok(t) + self.pos
        for block in self.blocks:
            x = block(x)
        return self.out(self.norm(x))


def main():
    model = Tagger()
    opt = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    steps = 350
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min(1, (s + 1) / 30) * 0.5 * (1 + math.cos(math.pi * s / steps)))
    for step in range(1, steps + 1):
        t, y = make_batch(64)
        loss = F.cross_entropy(model(t).flatten(0, 1), y.flatten())
        opt.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        sched.step()
        if step % 50 == 0:
            print(f"step {step} loss {loss.item():.4f}")
    model.eval()
    with torch.no_grad():
        t, y = make_batch(1000)
        acc = (model(t).argmax(-1) == y).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main()

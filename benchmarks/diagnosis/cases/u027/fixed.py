"""Tiny decoder-only transformer on generated recipe-like sentences."""
import math
import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


@dataclass
class Config:
    block: int = 32
    d_model: int = 64
    heads: int = 4
    layers: int = 2
    batch: int = 16
    steps: int = 140
    lr: float = 1e-3


def corpus(n, gen):
    who = ["the cook", "my aunt", "a baker", "our guest"]
    verb = ["slices", "boils", "mixes", "roasts", "peels"]
    what = ["two onions", "some rice", "an egg", "red peppers", "the dough"]
    tail = [" with salt", " slowly", " for ten minutes", ""]
    pick = lambda a: a[torch.randint(len(a), (1,), generator=gen).item()]
    return "".join(f"{pick(who)} {pick(verb)} {pick(what)}{pick(tail)}.\n" for _ in range(n))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(c.d_model), nn.LayerNorm(c.d_model)
        self.qkv = nn.Linear(c.d_model, 3 * c.d_model)
        self.out = nn.Linear(c.d_model, c.d_model)
        self.mlp = nn.Sequential(nn.Linear(c.d_model, 4 * c.d_model), nn.GELU(), nn.Linear(4 * c.d_model, c.d_model))
        self.h = c.heads

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.ln1(x)).view(b, t, 3, self.h, d // self.h).permute(2, 0, 3, 1, 4)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(a.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self, vocab, c):
        super().__init__()
        self.tok = nn.Embedding(vocab, c.d_model)
        self.pos = nn.Embedding(c.block, c.d_model)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.ln = nn.LayerNorm(c.d_model)
        self.head = nn.Linear(c.d_model, vocab, bias=False)
        for m in self.modules():
            if isinstance(m, (nn.Linear, nn.Embedding)):
                nn.init.normal_(m.weight, std=0.02)
        self.head.weight = self.tok.weight

    def forward(self, idx, targets=None):
        x = self.tok(idx) + self.pos(torch.arange(idx.shape[1]))
        for blk in self.blocks:
            x = blk(x)
        logits = self.head(self.ln(x))
        loss = None if targets is None else F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        return logits, loss


def main():
    c = Config()
    text = corpus(1500, torch.Generator().manual_seed(5))
    chars = sorted(set(text))
    stoi = {ch: i for i, ch in enumerate(chars)}
    data = torch.tensor([stoi[ch] for ch in text])
    cut = int(0.9 * len(data))
    train, val = data[:cut], data[cut:]

    def batch(src, n):
        i = torch.randint(len(src) - c.block - 1, (n,))
        return (torch.stack([src[j:j + c.block] for j in i]),
                torch.stack([src[j + 1:j + c.block + 1] for j in i]))

    model = GPT(len(chars), c)
    opt = torch.optim.AdamW(model.parameters(), lr=c.lr, betas=(0.9, 0.95))
    for step in range(c.steps):
        for g in opt.param_groups:
            g["lr"] = c.lr * min(1.0, (step + 1) / 20)
        _, loss = model(*batch(train, c.batch))
        opt.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        if step % 20 == 0:
            print(f"step {step}: loss {loss.item():.4f}")
    model.eval()
    with torch.no_grad():
        nll = sum(model(*batch(val, 64))[1].item() for _ in range(5)) / 5
    print(f"perplexity {math.exp(nll):.3f}")
    print(f"FINAL nll={nll:.4f}")


if __name__ == "__main__":
    main()
